#include "recipes/recipe.h"

#include <filesystem>
#include <fstream>

#include <QtTest>

#include "core/error.h"
#include "core/toml.h"
#include "recipes/method_spec.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

namespace fs = std::filesystem;

void write(const fs::path& file, const std::string& text) {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
}

const std::string kBase = R"(schema = 1
id = "base"
[input]
size = [16, 16]
patch = [4, 4]
[mask]
strategy = "block"
ratio = 0.5
min_block = 3
[encoder]
kind = "vit"
width = 32
[[objective]]
name = "reconstruction"
target = { kind = "pixel", normalize = true }
head = { kind = "mlp", layers = 3 }
loss = { kind = "mse", on = "hidden" }
[scale.classroom]
encoder = { width = 8 }
objective = [{ name = "reconstruction", target = { normalize = false } }]
)";

/// The message of the error that a call throws; empty if it throws none.
template <typename Call>
std::string messageOf(Call call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

class TestRecipe : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init();
    void childrenReplaceWhatTheyName();
    void changingAPartsKindDropsItsKeys();
    void circlesAreNamedInFull();
    void scalesAreLaidOverAndSettingsLast();
    void unknownNamesComeWithTheNearestOne_data();
    void unknownNamesComeWithTheNearestOne();
    void typesAndRangesAreChecked_data();
    void typesAndRangesAreChecked();
    void theShortFormExpandsToTheGeneralForm();
    void namesThatDoNotExistAreRefused();
    void writtenRecipesReadBack();

private:
    Recipe load(const std::string& id, const RecipeChanges& changes = {}) const { return loadRecipe(id, changes, folder()); }
    fs::path folder() const { return fs::path(folder_->path().toStdString()); }
    std::unique_ptr<QTemporaryDir> folder_;
};

void TestRecipe::init() {
    folder_ = std::make_unique<QTemporaryDir>();
    write(folder() / "base" / "base.toml", kBase);
}

void TestRecipe::childrenReplaceWhatTheyName() {
    write(folder() / "base" / "child.toml",
          "extends = \"base\"\nid = \"child\"\nmask = { ratio = 0.3 }\nobjective = [{ name = \"reconstruction\", loss = { on = \"all\" } }]\n");
    const Recipe child = load("child");
    QCOMPARE(child.id, std::string("child"));
    QCOMPARE(child.root.find("mask")->find("ratio")->asNumber(), 0.3);
    QCOMPARE(child.root.find("mask")->find("min_block")->asInteger(), 3);
    const Value& objective = child.root.find("objective")->asArray().front();
    QCOMPARE(objective.find("loss")->find("on")->asString(), std::string("all"));
    QCOMPARE(objective.find("loss")->find("kind")->asString(), std::string("mse"));
    QVERIFY(child.root.find("extends") == nullptr);
    QVERIFY(child.root.find("scale") == nullptr);
}

void TestRecipe::changingAPartsKindDropsItsKeys() {
    write(folder() / "child.toml", "extends = \"base\"\nid = \"child\"\nmask = { strategy = \"random\", ratio = 0.3 }\n");
    const Recipe child = load("child");
    QVERIFY(child.root.find("mask")->find("min_block") == nullptr);
    QCOMPARE(load("base", {"", {"objective.head.kind=linear"}}).root.find("objective")->asArray().front().find("head")->find("layers"), nullptr);
}

void TestRecipe::circlesAreNamedInFull() {
    write(folder() / "a.toml", "extends = \"b\"\nid = \"a\"\n");
    write(folder() / "b.toml", "extends = \"a\"\nid = \"b\"\n");
    const std::string message = messageOf([&] { load("a"); });
    QVERIFY2(message.find("a.toml -> resources/recipes/b.toml -> resources/recipes/a.toml") != std::string::npos, message.c_str());
}

void TestRecipe::scalesAreLaidOverAndSettingsLast() {
    const Recipe recipe = load("base", {"classroom", {"mask.ratio=0.7", "encoder.depth=2"}});
    QCOMPARE(recipe.scale, std::string("classroom"));
    QCOMPARE(recipe.root.find("encoder")->find("width")->asInteger(), 8);
    QCOMPARE(recipe.root.find("encoder")->find("depth")->asInteger(), 2);
    QCOMPARE(recipe.root.find("mask")->find("ratio")->asNumber(), 0.7);
    QVERIFY(!recipe.root.find("objective")->asArray().front().find("target")->find("normalize")->asBool());
    QVERIFY(messageOf([&] { load("base", {"clasroom", {}}); }).find("it has classroom") != std::string::npos);
}

void TestRecipe::unknownNamesComeWithTheNearestOne_data() {
    QTest::addColumn<QString>("from");
    QTest::addColumn<QString>("to");
    QTest::addColumn<QString>("expected");
    QTest::newRow("an input key") << "size = [16, 16]"
                                  << "siez = [16, 16]"
                                  << "base/base.toml:4: input.siez is not a parameter of the input; did you mean 'size'?";
    QTest::newRow("a table") << "[encoder]"
                             << "[enocder]"
                             << "enocder is not a parameter of recipe 'base'; did you mean 'encoder'?";
    QTest::newRow("a loss's tokens") << "on = \"hidden\""
                                     << "on = \"hiden\""
                                     << "did you mean 'hidden'?";
}

void TestRecipe::unknownNamesComeWithTheNearestOne() {
    QFETCH(QString, from);
    QFETCH(QString, to);
    QFETCH(QString, expected);
    const QString text = QString::fromStdString(kBase).replace(from, to);
    write(folder() / "base" / "base.toml", text.toStdString());
    const std::string message = messageOf([&] { expandRecipe(load("base").root); });
    QVERIFY2(message.find(expected.toStdString()) != std::string::npos, message.c_str());
}

void TestRecipe::typesAndRangesAreChecked_data() {
    QTest::addColumn<QString>("setting");
    QTest::addColumn<QString>("expected");
    QTest::newRow("a patch that does not divide") << "input.patch=5"
                                                  << "does not divide the image size 16 x 16";
    QTest::newRow("a single patch") << "input.patch=16"
                                    << "masking needs at least two";
    QTest::newRow("a text for a number") << "input.channels=three"
                                         << "must be a whole number, found the text 'three'";
    QTest::newRow("three sides") << "input.size=[1,2,3]"
                                 << "expected one or [height, width]";
    QTest::newRow("two means for three channels") << "input.mean=[0.1,0.2]"
                                                  << "one for each of the 3 channels";
    QTest::newRow("a newer schema") << "schema=2"
                                    << "update the program";
    QTest::newRow("a stage beyond the end") << "stage.until=3"
                                            << "is 3, expected 0 <= x <= 1";
    QTest::newRow("a member of a number") << "mask.ratio.high=1"
                                          << "'ratio' has no member 'high', it is the number 0.5";
}

void TestRecipe::typesAndRangesAreChecked() {
    QFETCH(QString, setting);
    QFETCH(QString, expected);
    const std::string message = messageOf([&] { expandRecipe(load("base", {"", {setting.toStdString()}}).root); });
    QVERIFY2(message.find(expected.toStdString()) != std::string::npos, message.c_str());
}

void TestRecipe::theShortFormExpandsToTheGeneralForm() {
    const MethodSpec spec = expandRecipe(load("base").root);
    QCOMPARE(spec.views.size(), std::size_t{1});
    QCOMPARE(spec.networks.front().id, std::string("encoder"));
    QCOMPARE(spec.passes.front().corruption.kind, CorruptionKind::Drop);
    QCOMPARE(spec.updates.front().networks, std::vector<std::string>{"encoder"});
    QCOMPARE(spec.updates.front().objectives, std::vector<std::string>{"reconstruction"});
    QCOMPARE(spec.input.image("a test").patches(), 16);
    QCOMPARE(spec.input.image("a test").mean.size(), std::size_t{3});
    QCOMPARE(expandRecipe(load("base", {"", {"encoder.sees=all"}}).root).passes.front().corruption.kind, CorruptionKind::Token);
}

void TestRecipe::namesThatDoNotExistAreRefused() {
    const auto expand = [&](const std::string& setting) { return messageOf([&] { expandRecipe(load("base", {"", {setting}}).root); }); };
    QVERIFY(expand("objective.pass=mian").find("did you mean 'main'?") != std::string::npos);
    QVERIFY(expand("mask.view=other").find("the mask's view 'other' does not exist") != std::string::npos);
    QVERIFY(messageOf([&] { load("bsae"); }).find("there is no recipe 'bsae'; did you mean 'base'?") != std::string::npos);
    QVERIFY(messageOf([&] { load("no/such.toml"); }).find("no/such.toml") != std::string::npos);
    QVERIFY(messageOf([&] { load("base", {"", {"mask.ratio"}}); }).find("expected key=value") != std::string::npos);
}

void TestRecipe::writtenRecipesReadBack() {
    const Recipe recipe = load("base", {"classroom", {}});
    QVERIFY(parseToml(writeToml(recipe.root), "again") == recipe.root);
}

MASKSCOPE_TEST(TestRecipe)
#include "tst_recipe.moc"
