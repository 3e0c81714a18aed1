#include <QtTest>

#include "cli_process.h"
#include "support/test_main.h"

#include <sys/stat.h>
#include <unistd.h>

using namespace maskscope::testing;

/// Verbs, flags, and what they print.
class TestCommandLine : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyVerbExplainsItself_data();
    void everyVerbExplainsItself();
    void wrongWordsAreOneLine_data();
    void wrongWordsAreOneLine();
    void versionIsPrinted();
    void recipesAreAnArrayOfWholeObjects();
    void masksOfARecipeAreFoundByTrying();
    void componentsDocumentEveryParameter();
    void theReferencePageIsUpToDate();
    void inspectKnowsWhatItIs();
    void inspectNamesCorruptFiles();
    void threadsSpinShortly();
    void stepBenchMeasures();
    void dataBenchMeasures();

private:
    QTemporaryDir folder_;
};

void TestCommandLine::everyVerbExplainsItself_data() {
    QTest::addColumn<QString>("verb");
    for (const char* verb :
         {"recipes", "components", "train", "resume", "mask", "reconstruct", "attention", "probe", "inspect", "bench", "sample-data"})
        QTest::newRow(verb) << verb;
}

void TestCommandLine::everyVerbExplainsItself() {
    QFETCH(QString, verb);
    const Outcome outcome = runCli({verb, "--help"});
    QCOMPARE(outcome.status, 0);
    QVERIFY(outcome.err.isEmpty());
    QVERIFY2(outcome.out.contains("Example: maskscope-cli " + verb.toUtf8()), outcome.out.constData());
    QVERIFY(runCli({"--help"}).out.contains(verb.toUtf8()));
}

void TestCommandLine::wrongWordsAreOneLine_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("words");
    QTest::newRow("no verb") << QStringList() << "subcommand";
    QTest::newRow("an unknown verb, with the nearest") << QStringList{"trian"} << "there is no verb 'trian'; did you mean 'train'?";
    QTest::newRow("a verb like none") << QStringList{"frobnicate"} << "there are recipes, components, train";
    QTest::newRow("an unknown flag") << QStringList{"recipes", "--frob"} << "--frob";
    QTest::newRow("a flag without its value") << QStringList{"inspect"} << "path is required";
    QTest::newRow("a step that is no number") << QStringList{"resume", "x", "--steps", "ten"} << "found 'ten', expected a whole number of at least 0";
    QTest::newRow("a step below zero") << QStringList{"resume", "x", "--steps", "-1"} << "found '-1', expected a whole number";
    QTest::newRow("a seed below zero") << QStringList{"train", "mae", "--data", "x", "--out", "y", "--seed", "-1"}
                                       << "found '-1', expected a whole number";
    QTest::newRow("an unknown suite") << QStringList{"bench", "--suite", "speed"} << "speed";
    QTest::newRow("an unknown configuration") << QStringList{"bench", "--suite", "step", "--config", "C9"} << "C9";
    QTest::newRow("no data to bench") << QStringList{"bench", "--suite", "data"} << "needs --data";
    QTest::newRow("no data for all suites") << QStringList{"bench", "--suite", "all"} << "bench --suite all needs --data PATH";
    QTest::newRow("data to bench that are not there")
        << QStringList{"bench", "--suite", "data", "--data", "/nonexistent"} << "/nonexistent: there is no such file or folder";
    QTest::newRow("steps to repeat that are not there") << QStringList{"bench", "--suite", "step", "--from", "/nonexistent"} << "/nonexistent";
    QTest::newRow("an unknown recipe, with the nearest") << QStringList{"recipes", "maee"} << "did you mean 'mae'?";
    QTest::newRow("nothing to inspect") << QStringList{"inspect", "/nonexistent"} << "/nonexistent: there is no such file or folder";
    QTest::newRow("no weights to inspect") << QStringList{"inspect", "/nonexistent.safetensors"} << "/nonexistent.safetensors: cannot open";
}

void TestCommandLine::wrongWordsAreOneLine() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, words);
    const Outcome outcome = runCli(arguments);
    QCOMPARE(outcome.status, 2);
    QVERIFY2(outcome.out.isEmpty(), outcome.out.constData());
    QVERIFY2(outcome.problem().contains(words), outcome.told().constData());
    QCOMPARE(outcome.lines(outcome.err).size(), qsizetype(1));
}

void TestCommandLine::versionIsPrinted() {
    const Outcome outcome = runCli({"--version"});
    QCOMPARE(outcome.status, 0);
    QVERIFY(outcome.out.startsWith("maskscope-cli "));
}

void TestCommandLine::recipesAreAnArrayOfWholeObjects() {
    const Outcome outcome = runCli({"recipes", "--json"});
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.json().size(), qsizetype(1));
    QHash<QString, QJsonObject> recipes;
    for (const QJsonValue& value : outcome.json()[0].array()) {
        const QJsonObject recipe = value.toObject();
        for (const char* key : {"id", "name", "category", "note", "type", "domain", "encoder"}) QVERIFY2(recipe[QLatin1String(key)].isString(), key);
        for (const char* key : {"targets", "heads", "losses"}) QVERIFY2(!recipe[QLatin1String(key)].toArray().isEmpty(), key);
        QVERIFY(recipe["mask"].isString() || recipe["mask"].isArray());
        QVERIFY(recipe["parameters"].toInteger() > 0);
        QVERIFY(QRegularExpression(QStringLiteral("^[A-Z]{4}$")).match(recipe["category"].toString()).hasMatch());
        recipes[recipe["id"].toString()] = recipe;
    }
    for (const char* id : {"mae", "simmim"}) QCOMPARE(recipes[QLatin1String(id)]["category"].toString(), QStringLiteral("BTPM"));
    QCOMPARE(recipes["mae"]["mask"].toString(), QStringLiteral("random"));
    QCOMPARE(recipes["simmim"]["heads"].toArray(), QJsonArray{QStringLiteral("linear")});
    QCOMPARE(runCli({"recipes", "simmim", "--json"}).json()[0].array().size(), qsizetype(1));
}

void TestCommandLine::masksOfARecipeAreFoundByTrying() {
    const Outcome outcome = runCli({"recipes", "mae", "--masks", "--json"});
    QCOMPARE(outcome.status, 0);
    QHash<QString, QJsonObject> masks;
    for (const QJsonValue& mask : outcome.json()[0].array()) masks[mask["strategy"].toString()] = mask.toObject();
    QVERIFY(masks["random"]["works"].toBool() && masks["block"]["works"].toBool());
    QVERIFY(!masks["span"]["works"].toBool());
    QVERIFY2(masks["span"]["problem"].toString().contains("choose mask"), qPrintable(masks["span"]["problem"].toString()));
    QCOMPARE(runCli({"recipes", "--masks"}).status, 2);  // of which recipe?
}

/// `maskscope-cli components --markdown > docs/components.md` writes it anew.
void TestCommandLine::theReferencePageIsUpToDate() {
    const Outcome outcome = runCli({"components", "--markdown"});
    QCOMPARE(outcome.status, 0);
    QVERIFY(outcome.out.contains("### random (B)") && outcome.out.contains("`ratio`"));
    QCOMPARE(outcome.out, contentOf(qEnvironmentVariable("MASKSCOPE_SOURCE_DIR") + "/docs/components.md"));
}

void TestCommandLine::componentsDocumentEveryParameter() {
    const Outcome outcome = runCli({"components", "--json"});
    QCOMPARE(outcome.status, 0);
    QHash<QString, QStringList> families;
    for (const QJsonValue& value : outcome.json()[0].array()) {
        const QJsonObject component = value.toObject();
        QVERIFY2(!component["help"].toString().isEmpty(), qPrintable(component["name"].toString()));
        for (const QJsonValue& parameter : component["parameters"].toArray()) {
            const QJsonObject documented = parameter.toObject();
            QVERIFY2(!documented["help"].toString().isEmpty() && documented.contains("default") && !documented["type"].toString().isEmpty(),
                     qPrintable(component["name"].toString() + documented["name"].toString()));
        }
        families[component["family"].toString()] << component["name"].toString();
    }
    QVERIFY(families["mask"].contains("block") && families["encoder"].contains("vit") && families["head"].contains("transformer"));
    QVERIFY(families["loss"].contains("smooth_l1") && families["target"].contains("pixel") && families["training"].contains("train"));
}

void TestCommandLine::inspectKnowsWhatItIs() {
    const QString run = folder_.filePath("run");
    QCOMPARE(runCli(trainArguments(run)).status, 0);
    const QJsonObject about = runCli({"inspect", run, "--json"}).lastObject();
    QCOMPARE(about["kind"].toString(), QStringLiteral("run"));
    QCOMPARE(about["recipe"].toString(), QStringLiteral("mae"));
    QCOMPARE(about["metric_rows"].toInt(), 12);
    QCOMPARE(about["train_images"].toInt(), 40);
    QCOMPARE(about["being_written"].toBool(true), false);
    QCOMPARE(about["checkpoints"].toArray().size(), checkpointSteps(run).size());
    QCOMPARE(about["problems"].toArray().size(), qsizetype(0));
    for (const QString& path : {run + "/checkpoints/step-12", checkpointFile(run, 12)}) {
        const QJsonObject weights = runCli({"inspect", path, "--json"}).lastObject();
        QCOMPARE(weights["kind"].toString(), QStringLiteral("checkpoint"));
        QVERIFY(weights["parameters"].toInt() > 1000 && weights["tensors"].toArray().size() > 10);
    }
    const QJsonObject data = runCli({"inspect", pictures("train"), "--json"}).lastObject();
    QCOMPARE(data["kind"].toString(), QStringLiteral("data"));
    QCOMPARE(data["images"].toInt(), 40);
    QCOMPARE(data["classes"].toObject().size(), qsizetype(10));
    QCOMPARE(data["classes"].toObject()["disc"].toInt(), 4);
    QCOMPARE(data["width"].toArray(), (QJsonArray{32, 32}));
    for (const QString& path : {run, pictures("train"), checkpointFile(run, 12)}) QCOMPARE(runCli({"inspect", path}).status, 0);
}

void TestCommandLine::inspectNamesCorruptFiles() {
    const QString data = folder_.filePath("data \u00fc \u65e5");
    QVERIFY(writeFile(data + "/a b/one.ppm", plainPicture(9, 7, 3)));
    QVERIFY(writeFile(data + "/a b/two.pgm", plainPicture(30, 20, 1)));
    QVERIFY(writeFile(data + "/a b/notes.jpg", "some text"));
    // A name that is not UTF-8, as old archives have them.
    const QByteArray odd = QFile::encodeName(data + "/c") + "\xff";
    QVERIFY(::mkdir(odd.constData(), 0755) == 0);
    QVERIFY(QFile::copy(onePicture(), data + "/p.png") &&
            ::rename(QFile::encodeName(data + "/p.png").constData(), (odd + "/p.png").constData()) == 0);
    QVERIFY(QFile::link(data, data + "/a b/again"));  // a circle
    const Outcome outcome = runCli({"inspect", data, "--json"});
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    const QJsonObject about = outcome.lastObject();
    QCOMPARE(about["images"].toInt(), 4);
    QCOMPARE(about["problems"].toArray().size(), qsizetype(1));
    QVERIFY(about["problems"].toArray()[0].toString().contains("a b/notes.jpg: not a picture (it begins with 'some text'"));
    QCOMPARE(about["channels"].toObject()["1"].toInt(), 1);
    QCOMPARE(about["width"].toArray(), (QJsonArray{9, 32}));
    QCOMPARE(runCli({"inspect", data}).status, 0);
    // QTemporaryDir cannot remove it.
    QVERIFY(::unlink((odd + "/p.png").constData()) == 0 && ::rmdir(odd.constData()) == 0);
}

/// Unless somebody chose; and the program keeps its name.
void TestCommandLine::threadsSpinShortly() {
    const auto fileOf = [](const CliProcess& process, const char* name) {
        QFile file(QStringLiteral("/proc/%1/%2").arg(process.pid()).arg(QLatin1String(name)));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    };
    const QByteArray chosen = qgetenv("GOMP_SPINCOUNT");
    const auto restored = qScopeGuard([&] { chosen.isNull() ? qunsetenv("GOMP_SPINCOUNT") : qputenv("GOMP_SPINCOUNT", chosen); });
    const QStringList bench{QStringLiteral("bench"), QStringLiteral("--suite"), QStringLiteral("step"), QStringLiteral("--steps"),
                            QStringLiteral("100000")};
    qunsetenv("GOMP_SPINCOUNT");
    CliProcess process(bench);
    QVERIFY(process.waitUntil([&] { return fileOf(process, "environ").contains(QByteArray("\0GOMP_SPINCOUNT=1000\0", 21)); }));
    QCOMPARE(fileOf(process, "comm"), QByteArray("maskscope-cli\n"));
    qputenv("GOMP_SPINCOUNT", "7");
    CliProcess other(bench);
    QVERIFY(other.waitUntil([&] { return fileOf(other, "maps").contains("libgomp"); }));
    QVERIFY(fileOf(other, "environ").contains(QByteArray("\0GOMP_SPINCOUNT=7\0", 18)));
}

void TestCommandLine::stepBenchMeasures() {
    const Outcome outcome = runCli({"bench", "--suite", "step", "--config", "C3", "--steps", "2", "--json"});
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    const QJsonObject report = outcome.lastObject();
    QCOMPARE(report["config"].toString(), QStringLiteral("C3"));
    QCOMPARE(report["step_seconds"].toArray().size(), qsizetype(2));
    QCOMPARE(report["loss"].toArray().size(), qsizetype(4));  // with the two that warm up
    for (const QJsonValue& loss : report["loss"].toArray()) QVERIFY(loss.toDouble() > 0.0 && loss.toDouble() < 10.0);
    QVERIFY(report["peak_rss_mb"].toDouble() >= report["start_rss_mb"].toDouble() && report["start_rss_mb"].toDouble() > 1.0);
    QVERIFY(report["threads"].toInt() >= 1 && report["device"].toString() == "cpu");
}

void TestCommandLine::dataBenchMeasures() {
    const Outcome outcome = runCli({"bench", "--suite", "data", "--data", pictures("train"), "--size", "16", "--images", "40", "--scaled", "--json"});
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    QVERIFY(outcome.lastObject()["images_per_second"].toDouble() > 1.0);
    QCOMPARE(outcome.lastObject()["images"].toInt(), 40);
    QVERIFY(outcome.lastObject()["cached_images_per_second"].toDouble() > 1.0);
    QVERIFY(outcome.lastObject()["scaled_images_per_second"].toDouble() > 1.0);
    QVERIFY(outcome.lastObject()["scaled_psnr_db"].isNull());  // no JPEG among them: the same pixels
}

MASKSCOPE_TEST(TestCommandLine)
#include "tst_command_line.moc"
