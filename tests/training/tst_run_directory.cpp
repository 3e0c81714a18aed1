#include "core/error.h"
#include "core/files.h"
#include "core/toml.h"
#include "training/checkpoint_store.h"
#include "training/run_directory.h"
#include "training/run_lock.h"

#include <torch/torch.h>

#include <QTemporaryDir>
#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

namespace fs = std::filesystem;

Value content() { return Value(Value::Table{{"seed", 7}, {"recipe", Value(Value::Table{{"id", "mae"}})}}); }

template <typename Thrown>
QString problemOf(const std::function<void()>& action) {
    try {
        action();
    } catch (const Thrown& error) {
        return QString::fromUtf8(error.what());
    } catch (const std::exception& error) {
        return QStringLiteral("another error: ") + QString::fromUtf8(error.what());
    }
    return QStringLiteral("no error");
}

void saveCheckpoint(const RunDirectory& run) {
    Checkpoint checkpoint;
    checkpoint.model = {{"w", at::zeros({2})}};
    CheckpointStore(run.checkpointsFolder(), CheckpointStore::Access::Write).save(checkpoint);
}

}  // namespace

class TestRunDirectory : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void createdRunsOpen();
    void refusesOtherFolders();
    void createsOverAnInterruptedCreation();
    void oneWriterManyReaders();
    void refusesHalfWrittenRuns_data();
    void refusesHalfWrittenRuns();
    void goingOnNeedsACheckpoint();
    void oldFormatsAreForReading();

private:
    std::unique_ptr<QTemporaryDir> temporary_;
    fs::path folder_;
};

void TestRunDirectory::init() {
    temporary_ = std::make_unique<QTemporaryDir>();
    folder_ = temporary_->filePath(QStringLiteral("runs/one")).toStdString();
}

void TestRunDirectory::createdRunsOpen() {
    {
        const RunDirectory run = RunDirectory::create(folder_, content());
        QVERIFY(run.isWritable());
        QVERIFY(fs::is_directory(run.checkpointsFolder()) && fs::is_directory(run.snapshotsFolder()));
        saveCheckpoint(run);
    }
    const RunDirectory run = RunDirectory::open(folder_);
    QVERIFY(!run.isWritable());
    QCOMPARE(run.format(), RunDirectory::kFormat);
    QCOMPARE(run.content().find("seed")->asInteger(), std::int64_t(7));
    QCOMPARE(run.content().find("recipe")->find("id")->asString(), std::string("mae"));
    QVERIFY(QString::fromStdString(run.content().find("created")->asString())
                .contains(QRegularExpression(QStringLiteral("^20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$"))));
    QVERIFY(!fs::exists(run.lockFile()));
    QVERIFY(RunDirectory::openForWriting(folder_).isWritable());
}

void TestRunDirectory::refusesOtherFolders() {
    makeFolder(folder_);
    writeFileAtomically(folder_ / "thesis.tex", "x");
    QString words = problemOf<UsageError>([&] { RunDirectory::create(folder_, content()); });
    QVERIFY2(words.contains(QStringLiteral("is not empty, and no run")), qPrintable(words));
    QCOMPARE(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), std::ptrdiff_t(1));
    words = problemOf<UsageError>([&] { RunDirectory::create(folder_ / "thesis.tex", content()); });
    QVERIFY2(words.contains(QStringLiteral("is a file")), qPrintable(words));
    saveCheckpoint(RunDirectory::create(folder_ / "new", content()));
    words = problemOf<UsageError>([&] { RunDirectory::create(folder_ / "new", content()); });
    QVERIFY2(words.contains(QStringLiteral("maskscope-cli resume")), qPrintable(words));
}

void TestRunDirectory::createsOverAnInterruptedCreation() {
    makeFolder(folder_ / "checkpoints");
    makeFolder(folder_ / "snapshots");
    writeFileAtomically(folder_ / "run.lock", "");
    writeFileAtomically(folder_ / "run.toml.tmp", "form");
    { RunDirectory::create(folder_, content()); }
    { RunDirectory::create(folder_, content()); }  // a run without its first checkpoint is no more than a beginning
    const fs::path other = temporary_->filePath(QStringLiteral("two")).toStdString();
    makeFolder(other / "checkpoints" / "step-1");
    QVERIFY_THROWS_EXCEPTION(UsageError, RunDirectory::create(other, content()));
}

void TestRunDirectory::oneWriterManyReaders() {
    RunDirectory writer = RunDirectory::create(folder_, content());
    saveCheckpoint(writer);
    QVERIFY(RunDirectory::open(folder_).content().find("seed") != nullptr);
    QVERIFY_THROWS_EXCEPTION(TrainingError, RunDirectory::openForWriting(folder_));
    RunDirectory moved = std::move(writer);  // the lock goes along
    QVERIFY_THROWS_EXCEPTION(TrainingError, RunDirectory::openForWriting(folder_));
}

void TestRunDirectory::refusesHalfWrittenRuns_data() {
    QTest::addColumn<QString>("toml");  // null: no file
    QTest::addColumn<bool>("parts");
    QTest::addColumn<QString>("words");
    QTest::newRow("some folder") << QString() << false << "expected a run directory";
    QTest::newRow("no run.toml yet") << QString() << true << "interrupted while it was made";
    QTest::newRow("empty run.toml") << "" << true << "no 'format = 1'";
    QTest::newRow("torn run.toml") << "format = 1\n[reci" << true << "damaged";
    QTest::newRow("format is a text") << "format = '1'" << true << "no 'format = 1'";
    QTest::newRow("newer format") << "format = 2" << true << "format 2, this program reads up to 1; update";
}

void TestRunDirectory::refusesHalfWrittenRuns() {
    QFETCH(QString, toml);
    QFETCH(bool, parts);
    QFETCH(QString, words);
    makeFolder(folder_);
    if (parts) makeFolder(folder_ / "checkpoints");
    if (!toml.isNull()) writeFileAtomically(folder_ / "run.toml", toml.toStdString());
    for (const bool writing : {false, true}) {
        const QString found = problemOf<DataError>([&] { writing ? RunDirectory::openForWriting(folder_) : RunDirectory::open(folder_); });
        QVERIFY2(found.contains(words), qPrintable(found));
    }
    QVERIFY_THROWS_EXCEPTION(DataError, RunDirectory::open(folder_ / "missing"));
}

void TestRunDirectory::goingOnNeedsACheckpoint() {
    { RunDirectory::create(folder_, content()); }
    QVERIFY(!RunDirectory::open(folder_).isWritable());
    QString words = problemOf<DataError>([&] { RunDirectory::openForWriting(folder_); });
    QVERIFY2(words.contains(QStringLiteral("it has no checkpoint")), qPrintable(words));
    makeFolder(folder_ / "checkpoints" / "step-0");
    words = problemOf<DataError>([&] { RunDirectory::openForWriting(folder_); });
    QVERIFY2(words.contains(QStringLiteral("state.json")), qPrintable(words));
    QVERIFY(!fs::exists(folder_ / "run.lock"));
}

void TestRunDirectory::oldFormatsAreForReading() {
    makeFolder(folder_);
    writeFileAtomically(folder_ / "run.toml", "format = 0");
    QCOMPARE(RunDirectory::open(folder_).format(), 0);
    QVERIFY(problemOf<DataError>([&] { RunDirectory::openForWriting(folder_); }).contains(QStringLiteral("opens for reading only")));
}

MASKSCOPE_TEST(TestRunDirectory)
#include "tst_run_directory.moc"
