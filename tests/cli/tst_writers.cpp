#include <QtTest>

#include "cli_process.h"
#include "support/test_main.h"

using namespace maskscope::testing;

/// One writer at a time, any number of readers, and Ctrl-C.
class TestWriters : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void secondWriterIsRefused();
    void readersWorkWhileItTrains();
    void staleLockIsTakenOver();
    void interruptStopsWithACheckpoint_data();
    void interruptStopsWithACheckpoint();
    void interruptWhileReadingEndsQuickly();

private:
    /// A run that would go on for hours; it has done some steps when this returns.
    std::unique_ptr<CliProcess> startLong(const QString& run, const QStringList& changes = {}) const {
        auto process = std::make_unique<CliProcess>(trainArguments(
            run,
            QStringList{"train.steps=1000000", "train.checkpoint_every=50", "train.snapshot_every=100000", "train.validate_every=100000"} + changes));
        process->waitUntil([&] { return metricsColumn(run, "step").size() > 5; });
        return process;
    }
    QTemporaryDir folder_;
};

void TestWriters::secondWriterIsRefused() {
    const QString run = folder_.filePath("busy");
    const auto writer = startLong(run);
    QVERIFY(writer->isRunning());
    const Outcome outcome = runCli({"resume", run});
    QCOMPARE(outcome.status, 1);
    const QString host = QString::fromUtf8(contentOf("/proc/sys/kernel/hostname")).trimmed();
    QVERIFY2(outcome.problem().contains(QStringLiteral("process %1 on %2").arg(writer->pid()).arg(host)), outcome.told().constData());
    const Outcome anew = runCli(trainArguments(run));
    QCOMPARE(anew.status, 2);
    QVERIFY(writer->isRunning());
}

void TestWriters::readersWorkWhileItTrains() {
    const QString run = folder_.filePath("watched");
    const auto writer = startLong(run);
    for (int i = 0; i < 3; ++i) {
        const Outcome look = runCli({"inspect", run, "--json"});
        QVERIFY2(look.status == 0, look.told().constData());
        QCOMPARE(look.lastObject()["being_written"].toBool(), true);
        QCOMPARE(look.lastObject()["problems"].toArray().size(), qsizetype(0));
        const Outcome pictures = runCli({"reconstruct", "--run", run, "--image", onePicture(), "--out", folder_.filePath("pictures")});
        QVERIFY2(pictures.status == 0, pictures.told().constData());
    }
    QVERIFY(writer->isRunning());
}

void TestWriters::staleLockIsTakenOver() {
    const QString run = folder_.filePath("stale");
    qint64 pid = 0;
    {
        const auto writer = startLong(run);
        pid = writer->pid();
        writer->signal(SIGKILL);
        writer->finish();
    }
    QVERIFY(QFileInfo::exists(run + "/run.lock"));
    const int newest = checkpointSteps(run).last();
    const Outcome outcome = runCli({"resume", run, "--steps", QString::number(newest + 2)});
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    QVERIFY2(outcome.err.contains("taking over from process " + QByteArray::number(pid)), outcome.err.constData());
    QVERIFY(!QFileInfo::exists(run + "/run.lock"));
}

void TestWriters::interruptStopsWithACheckpoint_data() {
    QTest::addColumn<int>("number");
    QTest::newRow("Ctrl-C") << SIGINT;
    QTest::newRow("a polite kill") << SIGTERM;
}

void TestWriters::interruptStopsWithACheckpoint() {
    QFETCH(int, number);
    const QString run = folder_.filePath("interrupted-" + QString::number(number)), whole = run + "-whole";
    const QStringList changes{"train.checkpoint_every=100000", "train.accumulate=2"};
    const auto process = startLong(run, changes);
    QElapsedTimer clock;
    clock.start();
    process->signal(number);
    const Outcome outcome = process->finish();
    QVERIFY2(clock.elapsed() < 5000, qPrintable(QString::number(clock.elapsed())));
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    QVERIFY2(outcome.out.contains("stopped; go on with: maskscope-cli resume"), outcome.told().constData());
    const auto last = static_cast<int>(metricsColumn(run, "step").size());
    QCOMPARE(checkpointSteps(run).last(), last);
    const QStringList end{"--steps", QString::number(last + 3)};
    QCOMPARE(runCli(QStringList{"resume", run} + end).status, 0);
    QCOMPARE(
        runCli(trainArguments(whole, QStringList{"train.steps=1000000", "train.snapshot_every=100000", "train.validate_every=100000"} + changes, end))
            .status,
        0);
    QVERIFY(model(run, last + 3).size() > 1000 && model(run, last + 3) == model(whole, last + 3));
    QCOMPARE(metricsColumn(run, "loss"), metricsColumn(whole, "loss"));
}

void TestWriters::interruptWhileReadingEndsQuickly() {
    const QString data = folder_.filePath("large");
    QVERIFY(writeFile(data + "/0.ppm", plainPicture(1200, 1000, 3)));
    for (int i = 1; i < 3000; ++i) QVERIFY(QFile::link(data + "/0.ppm", data + QStringLiteral("/%1.ppm").arg(i)));
    const QString run = folder_.filePath("never");
    CliProcess process(QStringList{"train", "mae", "--data", data, "--out", run} +
                       tiny({"train.cache_mb=0", "train.validation_share=0.9", "train.validation_images=3000"}));
    QVERIFY(process.waitForText("recipe mae"));
    QThread::msleep(300);
    QVERIFY(process.isRunning());
    QElapsedTimer clock;
    clock.start();
    process.signal(SIGINT);
    const Outcome outcome = process.finish();
    QVERIFY2(clock.elapsed() < 2500, qPrintable(QString::number(clock.elapsed())));
    QCOMPARE(outcome.status, 1);
    QVERIFY2(outcome.problem().contains("stopped while"), outcome.told().constData());
    QVERIFY(!QFileInfo::exists(run));
}

MASKSCOPE_TEST(TestWriters)
#include "tst_writers.moc"
