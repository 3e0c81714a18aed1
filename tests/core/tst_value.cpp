#include "core/value.h"

#include "core/error.h"
#include "core/toml.h"

#include <QtTest>

#include "support/test_main.h"

using maskscope::merged;
using maskscope::parseToml;
using maskscope::setPath;
using maskscope::Value;

namespace {

Value toml(const char* text) { return parseToml(text, "test.toml"); }

QByteArray shown(const Value& value) { return QByteArray::fromStdString(maskscope::writeToml(value)); }

}  // namespace

class TestValue : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void mergeLaysOverOnBase_data() {
        QTest::addColumn<QByteArray>("base");
        QTest::addColumn<QByteArray>("over");
        QTest::addColumn<QByteArray>("expected");
        QTest::newRow("keys of both tables are kept") << QByteArray("a = 1") << QByteArray("b = 2") << QByteArray("a = 1\nb = 2");
        QTest::newRow("the upper value wins") << QByteArray("a = 1\nb = 3") << QByteArray("a = 'x'") << QByteArray("a = 'x'\nb = 3");
        QTest::newRow("tables merge inside") << QByteArray("[t]\na = 1\nb = 2") << QByteArray("[t]\nb = 3") << QByteArray("[t]\na = 1\nb = 3");
        QTest::newRow("a changed kind drops inherited keys")
            << QByteArray("[t]\nkind = 'x'\na = 1") << QByteArray("[t]\nkind = 'y'\nb = 3") << QByteArray("[t]\nkind = 'y'\nb = 3");
        QTest::newRow("a changed strategy drops inherited keys")
            << QByteArray("[t]\nstrategy = 'x'\na = 1") << QByteArray("[t]\nstrategy = 'y'") << QByteArray("[t]\nstrategy = 'y'");
        QTest::newRow("the same kind keeps inherited keys")
            << QByteArray("[t]\nkind = 'x'\na = 1") << QByteArray("[t]\nkind = 'x'\nb = 3") << QByteArray("[t]\nkind = 'x'\na = 1\nb = 3");
        QTest::newRow("plain lists are replaced") << QByteArray("a = [1, 2, 3]") << QByteArray("a = [4]") << QByteArray("a = [4]");
        QTest::newRow("lists of tables merge by position")
            << QByteArray("[[o]]\na = 1\n[[o]]\na = 2") << QByteArray("[[o]]\nb = 3") << QByteArray("[[o]]\na = 1\nb = 3\n[[o]]\na = 2");
        QTest::newRow("lists of tables merge by name, new names come last")
            << QByteArray("[[o]]\nname = 'p'\na = 1\n[[o]]\nname = 'q'\na = 2") << QByteArray("[[o]]\nname = 'q'\na = 5\n[[o]]\nname = 'r'")
            << QByteArray("[[o]]\nname = 'p'\na = 1\n[[o]]\nname = 'q'\na = 5\n[[o]]\nname = 'r'");
    }
    void mergeLaysOverOnBase() {
        QFETCH(QByteArray, base);
        QFETCH(QByteArray, over);
        QFETCH(QByteArray, expected);
        const Value result = merged(toml(base), toml(over));
        QVERIFY2(result == toml(expected), shown(result));
    }

    void setPathFindsItsPlace_data() {
        QTest::addColumn<QByteArray>("before");
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<QByteArray>("after");
        QTest::newRow("an existing key") << QByteArray("[t]\na = 1") << QByteArray("t.a") << QByteArray("[t]\na = 9");
        QTest::newRow("tables are made on the way") << QByteArray("") << QByteArray("a.b.c") << QByteArray("[a.b]\nc = 9");
        QTest::newRow("a number steps into a list")
            << QByteArray("[[o]]\na = 1\n[[o]]\na = 2") << QByteArray("o.1.a") << QByteArray("[[o]]\na = 1\n[[o]]\na = 9");
        QTest::newRow("without number the only member") << QByteArray("[[o]]\na = 1") << QByteArray("o.a") << QByteArray("[[o]]\na = 9");
        QTest::newRow("a member of a plain list") << QByteArray("size = [1, 2]") << QByteArray("size.0") << QByteArray("size = [9, 2]");
    }
    void setPathFindsItsPlace() {
        QFETCH(QByteArray, before);
        QFETCH(QByteArray, path);
        QFETCH(QByteArray, after);
        Value root = toml(before);
        setPath(root, path.toStdString(), Value(9));
        QVERIFY2(root == toml(after), shown(root));
    }

    void setPathDropsKeysOfTheFormerKind() {
        Value root = toml("[mask]\nstrategy = 'random'\nratio = 0.5");
        setPath(root, "mask.strategy", Value("grid"));
        QVERIFY2(root == toml("[mask]\nstrategy = 'grid'"), shown(root));
    }

    void setPathRefuses_data() {
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<QString>("reason");
        QTest::newRow("a step into a number") << QByteArray("a.b") << "'a' has no member 'b', it is the number 1";
        QTest::newRow("an index beyond the list") << QByteArray("o.2.a") << "there is no number 2; the list has 2";
        QTest::newRow("no index for a list of two") << QByteArray("o.a") << "has 2 members";
        QTest::newRow("an empty part") << QByteArray("a..b") << "'a..b' is not a key";
    }
    void setPathRefuses() {
        QFETCH(QByteArray, path);
        QFETCH(QString, reason);
        Value root = toml("a = 1\n[[o]]\nx = 1\n[[o]]\nx = 2");
        try {
            setPath(root, path.toStdString(), Value(9));
            QFAIL("accepted");
        } catch (const maskscope::RecipeError& error) {
            QVERIFY2(QString(error.what()).contains(reason), error.what());
        }
    }

    void numbersAreEqualAcrossTypes() {
        QVERIFY(Value(2) == Value(2.0));
        QVERIFY(!(Value(2) == Value(2.5)));
        QVERIFY(!(Value(true) == Value(1)));
        QVERIFY(!(Value("2") == Value(2)));
    }

    void describesItself() {
        QCOMPARE(Value(0.75).describe(), std::string("the number 0.75"));
        QCOMPARE(Value("x").describe(), std::string("the text 'x'"));
        QCOMPARE(Value(false).describe(), std::string("false"));
        QCOMPARE(Value(Value::Table{}).describe(), std::string("a table"));
        QCOMPARE(Value(Value::Array{Value(1)}).describe(), std::string("a list of 1"));
        QCOMPARE(Value().describe(), std::string("nothing"));
    }

    void knowsItsLine() {
        const Value root = toml("a = 1\n\n[t]\nb = 2");
        QCOMPARE(root.find("t")->find("b")->source().prefix(), std::string("test.toml:4: "));
        QCOMPARE(Value(1).source().prefix(), std::string());
    }

    void eraseTakesOneKey() {
        Value root = toml("a = 1\nb = 2");
        root.erase("a");
        QVERIFY(root == toml("b = 2"));
        root.erase("a");
        QCOMPARE(root.asTable().size(), std::size_t{1});
    }
};

MASKSCOPE_TEST(TestValue)
#include "tst_value.moc"
