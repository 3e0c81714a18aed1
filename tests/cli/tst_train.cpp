#include <QtTest>

#include "cli_process.h"
#include "support/test_main.h"

using namespace maskscope::testing;

/// `train` when all is well.
class TestTrain : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void lastLineHasTheKeysOfTheContract();
    void runDirectoryIsWhole();
    void stepsNeverChangeTheSchedule();
    void stepZeroKeepsTheBeginning();
    void withoutValidationDataAShareIsHeldOut();
    void queueTrainsEveryRecipeInItsFolder();
    void queueIsUnderstoodBeforeItStarts();
    void watchedEqualsUnwatched();
    void seedsDiffer();
    void workersDoNotChangeTheRun();
    void otherShapesTrain_data();
    void otherShapesTrain();
    void onePictureTrains();
    void corruptFilesAreNamedAndSkipped_data();
    void corruptFilesAreNamedAndSkipped();

private:
    QTemporaryDir folder_;
    int shapes_ = 0;
};

void TestTrain::lastLineHasTheKeysOfTheContract() {
    const Outcome outcome = runCli(trainArguments(folder_.filePath("contract"), {}, {"--json"}));
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    QVERIFY(!outcome.json().isEmpty());
    const QJsonObject last = outcome.lastObject(), baselines = last["baselines"].toObject();
    for (const char* key : {"steps", "loss", "val_loss", "skill", "seconds"}) QVERIFY2(last[QLatin1String(key)].isDouble(), key);
    for (const char* key : {"mean_patch", "nearest_visible", "inpaint"}) QVERIFY2(baselines[QLatin1String(key)].isDouble(), key);
    QCOMPARE(baselines.size(), qsizetype(3));
    QStringList others = last.keys();
    for (const char* key : {"steps", "loss", "val_loss", "skill", "seconds", "baselines"}) others.removeAll(QLatin1String(key));
    QCOMPARE(others, (QStringList{"objectives", "stopped"}));  // whether it ended before the step that was asked for
    QCOMPARE(last["stopped"].toBool(true), false);
    QCOMPARE(last["steps"].toInt(), 12);
    QVERIFY(qAbs(last["skill"].toDouble() - (1.0 - last["val_loss"].toDouble() / baselines["mean_patch"].toDouble())) < 1e-12);
    QVERIFY(baselines["inpaint"].toDouble() > 0.0 && baselines["inpaint"].toDouble() < baselines["mean_patch"].toDouble());
    QVERIFY(last["seconds"].toDouble() > 0.0 && last["seconds"].toDouble() < 60.0);
    const QList<QJsonDocument> documents = outcome.json();
    for (qsizetype i = 0; i + 1 < documents.size(); ++i) {
        QCOMPARE(documents[i].object()["event"].toString(), QStringLiteral("validation"));
        QCOMPARE(documents[i].object()["step"].toInteger(), qint64(4 * (i + 1)));
    }
    QCOMPARE(documents.size(), qsizetype(4));
}

void TestTrain::runDirectoryIsWhole() {
    const QString run = folder_.filePath("whole run \u00fc/first");
    QCOMPARE(runCli(trainArguments(run)).status, 0);
    QCOMPARE(metricsColumn(run, "step"), QStringLiteral("1 2 3 4 5 6 7 8 9 10 11 12").split(' '));
    QCOMPARE(metricsColumn(run, "val_loss").filter(QRegularExpression(QStringLiteral("."))).size(), qsizetype(3));
    QVERIFY(checkpointSteps(run).contains(0) && checkpointSteps(run).contains(12));
    for (const int step : {0, 12})
        for (const char* file : {"model.safetensors", "optimizer.safetensors", "state.json"})
            QVERIFY2(!contentOf(checkpointFile(run, step, QLatin1String(file))).isEmpty(), file);
    QCOMPARE(QDir(run + "/snapshots").entryList({"*.png"}),
             (QStringList{"step-00000000.png", "step-00000004.png", "step-00000008.png", "step-00000012.png"}));
    QVERIFY(isPng(run + "/snapshots/step-00000012.png"));
    QCOMPARE(QDir(run).entryList({"events.out.tfevents.*"}).size(), qsizetype(1));
    const QString toml = QString::fromUtf8(contentOf(run + "/run.toml"));
    for (const QString& words : {QStringLiteral("format = 1"), QStringLiteral("seed = 0"), QStringLiteral("threads = 1"),
                                 QStringLiteral("fingerprint = "), pictures("train")})
        QVERIFY2(toml.contains(words), qPrintable(words));
    for (const QString& entry : listing(run))
        QVERIFY2(!entry.contains(".tmp") && !entry.contains("run.lock") && !entry.contains("/.step"), qPrintable(entry));
}

void TestTrain::stepsNeverChangeTheSchedule() {
    const QString whole = folder_.filePath("schedule"), part = folder_.filePath("schedule-part");
    QCOMPARE(runCli(trainArguments(whole)).status, 0);
    const Outcome outcome = runCli(trainArguments(part, {}, {"--steps", "7", "--json"}));
    QCOMPARE(outcome.lastObject()["steps"].toInt(), 7);
    const QStringList rates = metricsColumn(whole, "lr");
    QCOMPARE(rates.size(), qsizetype(12));
    QVERIFY(QSet<QString>(rates.begin(), rates.end()).size() > 8);
    QCOMPARE(metricsColumn(part, "lr"), rates.first(7));
    QCOMPARE(metricsColumn(part, "loss"), metricsColumn(whole, "loss").first(7));
    QVERIFY(checkpointSteps(part).contains(7));
}

void TestTrain::stepZeroKeepsTheBeginning() {
    const QString run = folder_.filePath("zero");
    const Outcome outcome = runCli(trainArguments(run, {}, {"--steps", "0", "--json"}));
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    QVERIFY(outcome.lastObject()["loss"].isNull() && outcome.lastObject()["val_loss"].isDouble());
    QCOMPARE(checkpointSteps(run), QList<int>{0});
}

void TestTrain::withoutValidationDataAShareIsHeldOut() {
    const QString run = folder_.filePath("held-out");
    const Outcome outcome =
        runCli(QStringList{"train", "mae", "--data", pictures("train"), "--out", run, "--json"} + tiny({"train.validation_share=0.25"}));
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    const QJsonObject about = runCli({"inspect", run, "--json"}).lastObject();
    QCOMPARE(about["validation_images"].toInt(), 10);
    QCOMPARE(about["train_images"].toInt(), 30);
    QVERIFY(outcome.lastObject()["skill"].isDouble());
}

void TestTrain::queueTrainsEveryRecipeInItsFolder() {
    const QString out = folder_.filePath("queue");
    const QStringList small = settings(
        {"encoder.width=16", "encoder.depth=1", "encoder.heads=2", "train.steps=3", "train.batch=4", "train.threads=1", "train.schedule.warmup=1"});
    const Outcome outcome = runCli(QStringList{"train", "mae", "simmim", "--data", pictures("train"), "--out", out, "--json"} + small);
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    for (const char* id : {"mae", "simmim"}) {
        const QJsonObject about = runCli({"inspect", out + '/' + QLatin1String(id), "--json"}).lastObject();
        QCOMPARE(about["recipe"].toString(), QLatin1String(id));
        QCOMPARE(about["metric_rows"].toInt(), 3);
    }
    const QList<QJsonDocument> lines = outcome.json();
    QCOMPARE(std::count_if(lines.begin(), lines.end(), [](const QJsonDocument& line) { return line.object().contains("baselines"); }),
             std::ptrdiff_t(2));
}

void TestTrain::queueIsUnderstoodBeforeItStarts() {
    const QString out = folder_.filePath("bad-queue");
    // The linear head of the second recipe has no width.
    Outcome outcome = runCli(QStringList{"train", "mae", "simmim", "--data", pictures("train"), "--out", out} + tiny());
    QCOMPARE(outcome.status, 2);
    QVERIFY2(outcome.problem().contains("width is not a parameter of head 'linear'"), outcome.told().constData());
    QVERIFY(!QFileInfo::exists(out));
    outcome = runCli(QStringList{"train", "mae", "mae", "--data", pictures("train"), "--out", out} + tiny());
    QCOMPARE(outcome.status, 2);
    QVERIFY2(outcome.problem().contains("two recipes of the queue have the id 'mae'"), outcome.told().constData());
    QVERIFY(!QFileInfo::exists(out));
}

void TestTrain::watchedEqualsUnwatched() {
    const QString watched = folder_.filePath("watched"), unwatched = folder_.filePath("unwatched");
    const QStringList common{"encoder.drop_path=0.2", "train.ema=0.9", "encoder.depth=2"};
    QCOMPARE(
        runCli(trainArguments(watched, common + QStringList{"train.snapshot_every=1", "train.validate_every=1", "train.checkpoint_every=1"})).status,
        0);
    QCOMPARE(runCli(trainArguments(unwatched,
                                   common + QStringList{"train.snapshot_every=1000", "train.validate_every=1000", "train.checkpoint_every=1000"}))
                 .status,
             0);
    QCOMPARE(QDir(watched + "/snapshots").entryList({"*.png"}).size(), qsizetype(13));
    QVERIFY(model(watched, 12).size() > 1000);
    QVERIFY(model(watched, 12) == model(unwatched, 12));
    QVERIFY(optimizer(watched, 12) == optimizer(unwatched, 12));
    QCOMPARE(metricsColumn(watched, "loss"), metricsColumn(unwatched, "loss"));
}

void TestTrain::seedsDiffer() {
    const QString one = folder_.filePath("seed-1"), same = folder_.filePath("seed-1-again"), two = folder_.filePath("seed-2");
    QCOMPARE(runCli(trainArguments(one, {}, {"--seed", "1"})).status, 0);
    QCOMPARE(runCli(trainArguments(same, {}, {"--seed", "1"})).status, 0);
    QCOMPARE(runCli(trainArguments(two, {}, {"--seed", "2"})).status, 0);
    QVERIFY(model(one, 12) == model(same, 12));
    QVERIFY(model(one, 12) != model(two, 12) && model(one, 0) != model(two, 0));
}

void TestTrain::workersDoNotChangeTheRun() {
    const QString one = folder_.filePath("workers-1"), three = folder_.filePath("workers-3"), uncached = folder_.filePath("uncached");
    QCOMPARE(runCli(trainArguments(one)).status, 0);
    QCOMPARE(runCli(trainArguments(three, {"train.workers=3"})).status, 0);
    QCOMPARE(runCli(trainArguments(uncached, {"train.workers=2", "train.cache_mb=0"})).status, 0);
    QVERIFY(model(one, 12) == model(three, 12));
    QVERIFY(model(one, 12) == model(uncached, 12));
}

void TestTrain::otherShapesTrain_data() {
    QTest::addColumn<QStringList>("changes");
    QTest::newRow("wide images with wide patches") << QStringList{"input.size=[32,48]", "input.patch=[4,8]"};
    QTest::newRow("one channel") << QStringList{"input.channels=1"};
    QTest::newRow("tall, one channel, block masks")
        << QStringList{"input.size=[48,16]", "input.patch=[8,4]", "input.channels=1", "mask.strategy=block"};
    QTest::newRow("two patches") << QStringList{"input.size=[32,64]", "input.patch=32", "mask.ratio=0.5"};
    QTest::newRow("bigger than the pictures") << QStringList{"input.size=96", "input.patch=16"};
    QTest::newRow("a batch above the pictures") << QStringList{"train.batch=100"};
}

void TestTrain::otherShapesTrain() {
    QFETCH(QStringList, changes);
    const QString run = folder_.filePath("shape-" + QString::number(++shapes_));
    const Outcome outcome = runCli(trainArguments(run, changes, {"--json", "--steps", "2"}));
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    QVERIFY(outcome.lastObject()["val_loss"].toDouble() > 0.0);
    QCOMPARE(runCli({"reconstruct", "--run", run, "--image", onePicture(), "--out", run + "-pictures"}).status, 0);
    const Outcome resumed = runCli({"resume", run, "--steps", "3"});
    QVERIFY2(resumed.status == 0, resumed.told().constData());
    QCOMPARE(checkpointSteps(run).last(), 3);
}

void TestTrain::onePictureTrains() {
    const QString run = folder_.filePath("one-run");
    const Outcome outcome = runCli(QStringList{"train", "mae", "--data", onePicture(), "--out", run, "--json"} + tiny());
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    QVERIFY2(outcome.err.contains("one sample trains and measures"), outcome.err.constData());
}

void TestTrain::corruptFilesAreNamedAndSkipped_data() {
    QTest::addColumn<QString>("cache");
    QTest::newRow("decoded once") << "train.cache_mb=-1";
    QTest::newRow("decoded while used") << "train.cache_mb=0";
}

void TestTrain::corruptFilesAreNamedAndSkipped() {
    QFETCH(QString, cache);
    const QString data = folder_.filePath("mixed-" + cache), run = folder_.filePath("mixed-run-" + cache);
    for (int i = 0; i < 6; ++i) QVERIFY(writeFile(data + QStringLiteral("/%1.ppm").arg(i), plainPicture(20 + i, 40, 3)));
    QVERIFY(writeFile(data + "/grey.pgm", plainPicture(1, 1, 1)));
    QVERIFY(writeFile(data + "/wide.ppm", plainPicture(3000, 2, 3)));
    QVERIFY(writeFile(data + "/letter.jpg", "Dear reader"));
    QVERIFY(writeFile(data + "/nothing.png", ""));
    QVERIFY(writeFile(data + "/half.png", contentOf(onePicture()).first(200)));
    const Outcome outcome = runCli(QStringList{"train", "mae", "--data", data, "--val", pictures("test"), "--out", run} + tiny({cache}));
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    QCOMPARE(outcome.lines(outcome.err).filter("skipped: ").size(), qsizetype(3));
    for (const char* name : {"letter.jpg: not a picture", "nothing.png: empty", "half.png: incomplete or damaged"})
        QVERIFY2(outcome.err.contains(name), outcome.err.constData());
    QCOMPARE(metricsColumn(run, "step").size(), qsizetype(12));
}

MASKSCOPE_TEST(TestTrain)
#include "tst_train.moc"
