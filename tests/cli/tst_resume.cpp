#include <QtTest>

#include <QRandomGenerator>

#include "cli_process.h"
#include "support/test_main.h"

using namespace maskscope::testing;

/// A run that stops, dies or is damaged goes on as if nothing had been.
class TestResume : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void resumedEqualsUnbroken_data();
    void resumedEqualsUnbroken();
    void killedAtAnyMomentEqualsUnbroken();
    void finishedRunsSaySo();
    void fromAnyFolder();
    void whatLiesBeyondIsCut();
    void damagedCheckpointsArePassedOver_data();
    void damagedCheckpointsArePassedOver();
    void changedDataAreNoticed();
    void unusableRunsAreRefused_data();
    void unusableRunsAreRefused();
    void halfMadeRunsStartAnew();

private:
    QString unbroken(const QStringList& changes = {});
    QStringList goOn(const QString& run) const;
    QTemporaryDir folder_;
    QHash<QString, QString> unbroken_;
    int next_ = 0;
};

/// The run in one piece, made once.
QString TestResume::unbroken(const QStringList& changes) {
    QString& run = unbroken_[changes.join(' ')];
    if (run.isEmpty()) {
        run = folder_.filePath("unbroken-" + QString::number(++next_));
        const Outcome outcome = runCli(trainArguments(run, changes));
        if (outcome.status != 0) qWarning("%s", outcome.told().constData());
    }
    return run;
}

void TestResume::resumedEqualsUnbroken_data() {
    QTest::addColumn<QStringList>("changes");
    QTest::newRow("as it is") << QStringList();
    QTest::newRow("two micro-batches a step") << QStringList{"train.accumulate=2"};
    QTest::newRow("blocks dropped at random") << QStringList{"encoder.depth=3", "encoder.drop_path=0.3"};
    QTest::newRow("averaged weights") << QStringList{"train.ema=0.9"};
    QTest::newRow("three workers") << QStringList{"train.workers=3"};
    QTest::newRow("all of it, with crops and colours") << QStringList{"train.accumulate=4",
                                                                      "encoder.depth=3",
                                                                      "encoder.drop_path=0.3",
                                                                      "train.ema=0.8",
                                                                      "train.workers=3",
                                                                      "train.clip=0.5",
                                                                      "train.augment.crop=random_resized",
                                                                      "train.threads=2"};
}

void TestResume::resumedEqualsUnbroken() {
    QFETCH(QStringList, changes);
    const QString whole = unbroken(changes), run = folder_.filePath("pieces-" + QString::number(++next_));
    QCOMPARE(runCli(trainArguments(run, changes, {"--steps", "5"})).status, 0);
    QCOMPARE(runCli({"resume", run, "--steps", "9"}).status, 0);
    QCOMPARE(metricsColumn(run, "step").size(), qsizetype(9));
    const Outcome outcome = runCli({"resume", run, "--json"});
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    QCOMPARE(outcome.lastObject()["steps"].toInt(), 12);
    QVERIFY(model(whole, 12).size() > 1000 && model(whole, 12) != model(whole, 9));
    QVERIFY(model(run, 12) == model(whole, 12));
    QVERIFY(optimizer(run, 12) == optimizer(whole, 12));
    QCOMPARE(contentOf(checkpointFile(run, 12, "ema.safetensors")), contentOf(checkpointFile(whole, 12, "ema.safetensors")));
    for (const char* column : {"step", "loss", "lr", "grad_norm"})
        QCOMPARE(metricsColumn(run, QLatin1String(column)), metricsColumn(whole, QLatin1String(column)));
    QCOMPARE(metricsColumn(run, "val_loss").last(), metricsColumn(whole, "val_loss").last());
}

QStringList TestResume::goOn(const QString& run) const {
    // Killed before its first checkpoint, a run starts anew in the same folder.
    if (!checkpointSteps(run).isEmpty()) return {"resume", run};
    return trainArguments(run, {"train.steps=60", "train.checkpoint_every=1"});
}

void TestResume::killedAtAnyMomentEqualsUnbroken() {
    const quint32 seed =
        qEnvironmentVariableIsSet("MASKSCOPE_SEED") ? qEnvironmentVariableIntValue("MASKSCOPE_SEED") : QRandomGenerator::system()->generate();
    qInfo("MASKSCOPE_SEED=%u", seed);
    QRandomGenerator random(seed);
    const QString whole = folder_.filePath("kill-unbroken");
    QCOMPARE(runCli(trainArguments(whole, {"train.steps=60", "train.checkpoint_every=60"})).status, 0);
    int kills = isLong() ? 50 : 5;
    for (int round = 0; kills > 0; ++round) {
        const QString run = folder_.filePath("killed-" + QString::number(round));
        for (bool finished = false; !finished;) {
            CliProcess process(goOn(run));
            if (kills > 0) {
                // Two of three fall into start-up and the first steps, which hold the rarest states.
                QThread::msleep(random.bounded(3) == 0 ? random.bounded(1500U) : 200U + random.bounded(500U));
                process.signal(SIGKILL);
            }
            const Outcome outcome = process.finish();
            finished = outcome.status == 0;
            QVERIFY2(finished || (outcome.status == -1 && kills > 0), outcome.told().constData());
            if (!finished) --kills;
            if (checkpointSteps(run).isEmpty()) continue;
            const Outcome look = runCli({"inspect", run, "--json"});
            QVERIFY2(look.status == 0, look.told().constData());
            QCOMPARE(look.lastObject()["problems"].toArray().size(), qsizetype(0));
            QCOMPARE(look.lastObject()["being_written"].toBool(true), false);
            QCOMPARE(runCli({"inspect", run + QStringLiteral("/checkpoints/step-%1").arg(checkpointSteps(run).last())}).status, 0);
        }
        QVERIFY(model(run, 60).size() > 1000 && model(run, 60) == model(whole, 60));
        QVERIFY(optimizer(run, 60) == optimizer(whole, 60));
        QCOMPARE(metricsColumn(run, "loss"), metricsColumn(whole, "loss"));
        for (const QString& entry : listing(run))
            QVERIFY2(!entry.contains("/.step") && !entry.contains("/.trash") && !entry.contains("run.lock"), qPrintable(entry));
        QVERIFY(QDir(run).removeRecursively());
    }
}

void TestResume::finishedRunsSaySo() {
    const QString run = unbroken();
    const QByteArray before = model(run, 12);
    for (const QStringList& more : {QStringList(), QStringList{"--steps", "7"}}) {
        const Outcome outcome = runCli(QStringList{"resume", run, "--json"} + more);
        QVERIFY2(outcome.status == 0, outcome.told().constData());
        QVERIFY2(outcome.err.contains("nothing to train: the run is at step 12"), outcome.err.constData());
        QCOMPARE(outcome.lastObject()["steps"].toInt(), 12);
        QVERIFY(outcome.lastObject()["skill"].isDouble());
    }
    QVERIFY(model(run, 12) == before);
    QCOMPARE(metricsColumn(run, "step").size(), qsizetype(12));
}

void TestResume::fromAnyFolder() {
    const QString data = QFileInfo(pictures("train")).path();
    const Outcome outcome =
        runCli(QStringList{"train", "mae", "--data", "train", "--val", "test", "--out", "relative-run", "--steps", "3"} + tiny(), data);
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    const Outcome resumed = runCli({"resume", data + "/relative-run"}, "/");
    QVERIFY2(resumed.status == 0, resumed.told().constData());
    QVERIFY(model(data + "/relative-run", 12) == model(unbroken(), 12));
}

void TestResume::whatLiesBeyondIsCut() {
    const QString run = folder_.filePath("cut");
    QCOMPARE(runCli(trainArguments(run)).status, 0);
    QVERIFY(QDir(run + "/checkpoints/step-12").removeRecursively() && QDir(run + "/checkpoints/step-9").removeRecursively());
    // The death came while a line was written, and while a checkpoint was.
    QFile metrics(run + "/metrics.csv");
    QVERIFY(metrics.open(QIODevice::Append) && metrics.write("13,0.2") == 6);
    metrics.close();
    QVERIFY(writeFile(run + "/checkpoints/.step-9.tmp-77/model.safetensors", "half"));
    QCOMPARE(runCli({"resume", run, "--steps", "7"}).status, 0);
    QCOMPARE(metricsColumn(run, "step"), QStringLiteral("1 2 3 4 5 6 7").split(' '));
    QCOMPARE(metricsColumn(run, "loss"), metricsColumn(unbroken(), "loss").first(7));
    QVERIFY(!QFileInfo::exists(run + "/snapshots/step-00000012.png") && !QFileInfo::exists(run + "/checkpoints/.step-9.tmp-77"));
    QCOMPARE(checkpointSteps(run).last(), 7);
}

void TestResume::damagedCheckpointsArePassedOver_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<int>("kept");  // bytes; -1: all, one of them changed; -2: no file
    QTest::newRow("a changed byte in the model") << "model.safetensors" << -1;
    QTest::newRow("a changed byte in the optimizer") << "optimizer.safetensors" << -1;
    QTest::newRow("a changed byte in the state") << "state.json" << -1;
    QTest::newRow("a cut model") << "model.safetensors" << 100;
    QTest::newRow("an empty state") << "state.json" << 0;
    QTest::newRow("no optimizer") << "optimizer.safetensors" << -2;
}

void TestResume::damagedCheckpointsArePassedOver() {
    QFETCH(QString, file);
    QFETCH(int, kept);
    const QString run = folder_.filePath("damaged-" + QString::number(++next_));
    QCOMPARE(runCli(trainArguments(run)).status, 0);
    const QString target = checkpointFile(run, 12, file);
    QByteArray content = contentOf(target);
    if (kept == -1) content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 1);
    if (kept >= 0) content.truncate(kept);
    if (kept == -2)
        QVERIFY(QFile::remove(target));
    else
        QVERIFY(writeFile(target, content));
    const Outcome outcome = runCli({"resume", run});
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    QVERIFY2(outcome.err.contains("checkpoint of step 12 is passed over: " + QFile::encodeName(target)), outcome.err.constData());
    QVERIFY(model(run, 12) == model(unbroken(), 12));
    QCOMPARE(metricsColumn(run, "loss"), metricsColumn(unbroken(), "loss"));
}

void TestResume::changedDataAreNoticed() {
    const QString data = folder_.filePath("changing"), run = folder_.filePath("changing-run");
    for (int i = 0; i < 9; ++i) QVERIFY(writeFile(data + QStringLiteral("/%1.ppm").arg(i), plainPicture(32 + i, 32, 3)));
    QCOMPARE(runCli(QStringList{"train", "mae", "--data", data, "--out", run, "--steps", "3"} + tiny()).status, 0);
    QVERIFY(writeFile(data + "/3.ppm", plainPicture(50, 50, 3)));
    Outcome outcome = runCli({"resume", run, "--steps", "6"});
    QVERIFY2(outcome.status == 0 && outcome.err.contains("has changed since the run was started"), outcome.told().constData());
    QVERIFY(QDir(data).removeRecursively());
    const QStringList before = listing(run);
    outcome = runCli({"resume", run});
    QCOMPARE(outcome.status, 2);
    QVERIFY2(outcome.problem().contains(data + ": there is no such file or folder"), outcome.told().constData());
    QCOMPARE(listing(run), before);
}

void TestResume::unusableRunsAreRefused_data() {
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("toml");  // null: as it is
    QTest::addColumn<QString>("words");
    QTest::newRow("nothing there") << "nonexistent" << QString() << "there is no such folder; expected a run directory";
    QTest::newRow("no run.toml") << "empty" << QString() << "run.toml is missing; expected a run directory";
    QTest::newRow("empty run.toml") << "run"
                                    << ""
                                    << "run.toml: no 'format = 1'";
    QTest::newRow("torn run.toml") << "run"
                                   << "format = 1\n[recipe"
                                   << "run.toml:2: not valid TOML";
    QTest::newRow("a seed that is a text") << "run"
                                           << "seed = 'x'"
                                           << "run.toml: 'seed' is the text 'x', expected a whole number";
    QTest::newRow("a path that is a number") << "run"
                                             << "path = 7"
                                             << "run.toml: 'path' is the number 7, expected a text";
    QTest::newRow("a newer format") << "run"
                                    << "format = 9"
                                    << "format 9, this program reads up to 1; update";
    QTest::newRow("another width") << "run"
                                   << "width = 24"
                                   << "it was made by another model";
}

void TestResume::unusableRunsAreRefused() {
    QFETCH(QString, path);
    QFETCH(QString, toml);
    QFETCH(QString, words);
    const QString run = folder_.filePath("unusable/" + path);
    QVERIFY(QDir().mkpath(folder_.filePath("unusable/empty")));
    if (path == "run" && !QFileInfo::exists(run)) QCOMPARE(runCli(trainArguments(run)).status, 0);
    const QByteArray whole = contentOf(run + "/run.toml");
    if (!toml.isNull()) {
        QString content = QString::fromUtf8(whole);
        const QString key = toml.section(' ', 0, 1) + ' ';
        if (toml.count('\n') == 0 && !toml.isEmpty())
            content.replace(QRegularExpression("(^|\\n)(\\s*)" + QRegularExpression::escape(key) + "[^\\n]*"), "\\1\\2" + toml);
        else
            content = toml;
        QVERIFY(content.toUtf8() != whole && writeFile(run + "/run.toml", content.toUtf8()));
    }
    const Outcome outcome = runCli({"resume", run});
    QCOMPARE(outcome.status, 2);
    QVERIFY2(outcome.problem().contains(words), outcome.told().constData());
    if (!toml.isNull()) {
        QVERIFY(writeFile(run + "/run.toml", whole));
        QVERIFY(model(run, 12) == model(unbroken(), 12));
        QCOMPARE(metricsColumn(run, "step").size(), qsizetype(12));
    }
}

void TestResume::halfMadeRunsStartAnew() {
    const QString run = folder_.filePath("half-made");
    QCOMPARE(runCli(trainArguments(run, {}, {"--steps", "0"})).status, 0);
    QVERIFY(QDir(run + "/checkpoints/step-0").removeRecursively());
    QVERIFY(writeFile(run + "/checkpoints/.step-0.tmp-5/model.safetensors", "half"));
    QVERIFY(writeFile(run + "/run.lock", ""));
    Outcome outcome = runCli({"resume", run});
    QCOMPARE(outcome.status, 2);
    QVERIFY2(outcome.problem().contains("it has no checkpoint; there is nothing to go on from"), outcome.told().constData());
    outcome = runCli(trainArguments(run));
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    QVERIFY(model(run, 12) == model(unbroken(), 12));
    // A run that lost its checkpoints later is no such beginning.
    QVERIFY(QDir(run + "/checkpoints").removeRecursively());
    outcome = runCli(trainArguments(run));
    QCOMPARE(outcome.status, 2);
    QVERIFY2(outcome.problem().contains("is a run that has lost its checkpoints"), outcome.told().constData());
    QCOMPARE(metricsColumn(run, "step").size(), qsizetype(12));
}

MASKSCOPE_TEST(TestResume)
#include "tst_resume.moc"
