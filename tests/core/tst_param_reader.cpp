#include "core/param_reader.h"

#include "core/error.h"
#include "core/registry.h"
#include "core/toml.h"

#include <functional>

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

/// One reading of a table, as a component does it.
void readAll(ParamReader& reader) {
    reader.skip("strategy");
    reader.number("ratio", 0.75, Range::inside(0, 1), "share");
    reader.integer("unit", 1, Range::atLeast(1), "side");
    reader.flag("normalize", false, "per patch");
    reader.choice("order", "raster", {"raster", "random"}, "order");
    reader.text("path", "", "file");
    reader.integers("sizes", {4, 4}, Range::positive(), "sides");
    reader.numbers("rates", {0.5}, Range::between(0, 1), "rates");
    reader.texts("names", {}, "names");
    reader.optionalInteger("heads", Range::atLeast(1), "derived");
    reader.optionalNumber("drop", Range::between(0, 1), "derived");
    reader.section("head", "nested");
    reader.finish();
}

QString messageOf(const std::function<void()>& action) {
    try {
        action();
    } catch (const RecipeError& error) {
        return QString::fromUtf8(error.what());
    }
    return QStringLiteral("no error");
}

class Shape {
public:
    virtual ~Shape() = default;
    virtual double area() const = 0;
};

class Square : public Shape {
public:
    struct Params {
        double side;
        static Params read(ParamReader& reader) { return {reader.number("side", 2.0, Range::positive(), "length")}; }
    };
    Square(const Params& params, double scale) : area_(params.side * params.side * scale) {}
    double area() const override { return area_; }

private:
    double area_;
};

}  // namespace

class TestParamReader : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void wrongValuesAreNamed_data() {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<QString>("message");
        const auto row = [](const char* line, const char* message) { QTest::newRow(line) << QByteArray(line) << QString("r.toml:2: ") + message; };
        row("ratio = 0", "mask.ratio of mask 'random' is 0, expected 0 < x < 1");
        row("ratio = 1", "mask.ratio of mask 'random' is 1, expected 0 < x < 1");
        row("ratio = 1.5", "mask.ratio of mask 'random' is 1.5, expected 0 < x < 1");
        row("ratio = nan", "mask.ratio of mask 'random' is nan, expected 0 < x < 1");
        row("ratio = 'half'", "mask.ratio of mask 'random' must be a number, found the text 'half'");
        row("unit = 0", "mask.unit of mask 'random' is 0, expected x >= 1");
        row("unit = 1.5", "mask.unit of mask 'random' must be a whole number, found the number 1.5");
        row("normalize = 1", "mask.normalize of mask 'random' must be true or false, found the number 1");
        row("order = 'rester'", "mask.order of mask 'random' is the text 'rester', expected one of raster, random; did you mean 'raster'?");
        row("path = 3", "mask.path of mask 'random' must be a text, found the number 3");
        row("sizes = [4, 0]", "mask.sizes of mask 'random' is 0, expected x > 0");
        row("rates = [0.5, 2]", "mask.rates of mask 'random' is 2, expected 0 <= x <= 1");
        row("names = ['a', 1]", "mask.names of mask 'random' must be a list of texts, found the number 1");
        row("heads = 0", "mask.heads of mask 'random' is 0, expected x >= 1");
        row("drop = -1", "mask.drop of mask 'random' is -1, expected 0 <= x <= 1");
        row("ratoi = 0.5", "mask.ratoi is not a parameter of mask 'random'; did you mean 'ratio'?");
        row("colour = 0.5", "mask.colour is not a parameter of mask 'random'; it has ratio, unit, normalize");
    }
    void wrongValuesAreNamed() {
        QFETCH(QByteArray, line);
        QFETCH(QString, message);
        const Value root = parseToml("[mask]\n" + line.toStdString(), "r.toml");
        const QString found = messageOf([&] {
            ParamReader reader(*root.find("mask"), "mask", "mask 'random'");
            readAll(reader);
        });
        QVERIFY2(found.startsWith(message), qPrintable(found));
    }

    void rightValuesAreRead() {
        const Value table = parseToml(
            "strategy = 'random'\nratio = 0.6\nunit = 8.0\nnormalize = true\norder = 'random'\npath = 'm.png'\nsizes = 7\nrates = [0, 1]\n"
            "names = 'one'\nheads = 3\nhead = { kind = 'linear' }",
            "r.toml");
        ParamReader reader(table, "mask", "mask 'random'");
        reader.skip("strategy");
        QCOMPARE(reader.number("ratio", 0.75, Range::inside(0, 1), ""), 0.6);
        QCOMPARE(reader.integer("unit", 1, Range::atLeast(1), ""), std::int64_t{8});
        QCOMPARE(reader.flag("normalize", false, ""), true);
        QCOMPARE(reader.choice("order", "raster", {"raster", "random"}, ""), std::string("random"));
        QCOMPARE(reader.text("path", "", ""), std::string("m.png"));
        QCOMPARE(reader.integers("sizes", {4, 4}, Range::positive(), ""), std::vector<std::int64_t>{7});
        QCOMPARE(reader.numbers("rates", {}, Range::between(0, 1), ""), (std::vector<double>{0, 1}));
        QCOMPARE(reader.texts("names", {}, ""), std::vector<std::string>{"one"});
        QCOMPARE(reader.optionalInteger("heads", Range::atLeast(1), ""), std::optional<std::int64_t>(3));
        QCOMPARE(reader.optionalNumber("drop", Range{}, ""), std::optional<double>());
        QVERIFY(reader.section("head", "") != nullptr);
        QVERIFY(reader.section("tail", "") == nullptr);
        reader.finish();
    }

    void documentingCollectsDefaultsAndRanges() {
        ParamReader reader = ParamReader::documenting();
        readAll(reader);
        QCOMPARE(reader.docs().size(), std::size_t{11});
        const ParamDoc& ratio = reader.docs().front();
        QCOMPARE(ratio.name, std::string("ratio"));
        QCOMPARE(ratio.type, std::string("number"));
        QVERIFY(ratio.defaultValue == Value(0.75));
        QCOMPARE(ratio.range, std::string("0 < x < 1"));
        QCOMPARE(ratio.help, std::string("share"));
        QCOMPARE(reader.docs().at(3).choices, (std::vector<std::string>{"raster", "random"}));
        QVERIFY(reader.docs().at(8).defaultValue.isNone());
    }

    void somethingElseThanATableIsRefused() {
        const Value number(3);
        QCOMPARE(messageOf([&] { ParamReader(number, "mask", "mask 'random'"); }),
                 QString("mask must be a table of settings for mask 'random', found the number 3"));
        ParamReader(Value(), "mask", "mask 'random'").finish();
    }

    void registryMakesByName() {
        Registry<std::unique_ptr<Shape>, double> shapes("shape");
        shapes.add<Square>("square", 'S', "four equal sides");
        const Value table = parseToml("kind = 'square'\nside = 3", "r.toml");
        QCOMPARE(shapes.make(table, "shape", "kind", 2.0)->area(), 18.0);
        QCOMPARE(shapes.document(shapes.entries().front()).front().name, std::string("side"));
        const Value unknown = parseToml("kind = 'sqaure'", "r.toml");
        QCOMPARE(messageOf([&] { shapes.make(unknown, "shape", "kind", 1.0); }),
                 QString("r.toml:1: shape.kind: there is no shape 'sqaure'; did you mean 'square'?"));
        const Value slip = parseToml("kind = 'square'\nsied = 3", "r.toml");
        QCOMPARE(messageOf([&] { shapes.make(slip, "shape", "kind", 1.0); }),
                 QString("r.toml:2: shape.sied is not a parameter of shape 'square'; did you mean 'side'?"));
        const Value nameless = parseToml("side = 3", "r.toml");
        QVERIFY(messageOf([&] { shapes.make(nameless, "shape", "kind", 1.0); }).contains("shape needs kind = \"...\""));
    }
};

MASKSCOPE_TEST(TestParamReader)
#include "tst_param_reader.moc"
