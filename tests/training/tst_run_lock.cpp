#include "core/error.h"
#include "core/files.h"
#include "training/run_lock.h"

#include <nlohmann/json.hpp>

#include <QTemporaryDir>
#include <QtTest>

#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

#include "support/test_main.h"

using namespace maskscope;

class TestRunLock : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void oneHolderAtATime();
    void refusesWhileAnotherProcessLives();
    void takesOverFromTheDead_data();
    void takesOverFromTheDead();
    void respectsAFreshHolderElsewhere();
    void unreadableContentIsNoHolder();
    void knowsWhoLives();
    void unwritableFolderIsAFileError();

private:
    void writeHolder(const LockHolder& holder) const {
        const nlohmann::json content{{"host", holder.host},   {"boot", holder.boot},
                                     {"pid", holder.pid},     {"process_start", holder.processStart},
                                     {"since", holder.since}, {"heartbeat", holder.heartbeat}};
        writeFileAtomically(file_, content.dump());
    }
    std::string problem() const {
        try {
            const RunLock lock(file_);
        } catch (const TrainingError& error) {
            return error.what();
        }
        return {};
    }
    std::unique_ptr<QTemporaryDir> temporary_;
    std::filesystem::path file_;
    const double now_ = static_cast<double>(std::time(nullptr));
};

void TestRunLock::init() {
    temporary_ = std::make_unique<QTemporaryDir>();
    file_ = temporary_->filePath(QStringLiteral("run.lock")).toStdString();
}

void TestRunLock::oneHolderAtATime() {
    {
        const RunLock lock(file_);
        const auto holder = RunLock::holder(file_);
        QVERIFY(holder.has_value());
        QCOMPARE(holder->pid, std::int64_t(::getpid()));
        QVERIFY(std::abs(holder->since - now_) < 60.0 && holder->heartbeat >= holder->since - 1.0);
        const QString words = QString::fromStdString(problem());
        QVERIFY2(words.contains(QStringLiteral("process %1 on %2, since 20").arg(::getpid()).arg(QString::fromStdString(holder->host))),
                 qPrintable(words));
    }
    QVERIFY(!std::filesystem::exists(file_));
    QVERIFY(problem().empty());
}

void TestRunLock::refusesWhileAnotherProcessLives() {
    int pipes[2];
    QCOMPARE(::pipe(pipes), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const RunLock lock(file_);
        [[maybe_unused]] const auto written = ::write(pipes[1], "x", 1);
        while (true) ::pause();
    }
    char ready = 0;
    QCOMPARE(::read(pipes[0], &ready, 1), ssize_t(1));
    const QString words = QString::fromStdString(problem());
    QVERIFY2(words.contains(QStringLiteral("process %1 on").arg(child)), qPrintable(words));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    std::string notice;
    const RunLock taken(file_, [&](const std::string& text) { notice = text; });
    QVERIFY2(notice.find("process " + std::to_string(child)) != std::string::npos, notice.c_str());
    ::close(pipes[0]);
    ::close(pipes[1]);
}

void TestRunLock::takesOverFromTheDead_data() {
    QTest::addColumn<int>("which");
    QTest::newRow("a process that has ended") << 0;
    QTest::newRow("another process with its number") << 1;
    QTest::newRow("another machine, silent for two minutes") << 2;
    QTest::newRow("this machine before its restart, two minutes ago") << 3;
}

void TestRunLock::takesOverFromTheDead() {
    QFETCH(int, which);
    LockHolder former = RunLock::self();
    former.since = former.heartbeat = now_;
    if (which == 0) former.pid = 2'000'000'000;
    if (which == 1) former.processStart += 1;
    if (which >= 2) former.heartbeat = now_ - 120.0;
    if (which == 2) former.host = "elsewhere";
    if (which == 3) former.boot = "00000000-0000-0000-0000-000000000000";
    writeHolder(former);
    std::string notice;
    const RunLock lock(file_, [&](const std::string& text) { notice = text; });
    QVERIFY(notice.find(former.host) != std::string::npos);
    QCOMPARE(RunLock::holder(file_)->pid, std::int64_t(::getpid()));
    QCOMPARE(RunLock::holder(file_)->host, RunLock::self().host);
}

void TestRunLock::respectsAFreshHolderElsewhere() {
    LockHolder other = RunLock::self();
    other.host = "elsewhere";
    other.since = now_ - 1000.0;
    other.heartbeat = now_ - 20.0;
    writeHolder(other);
    const std::string before = readFile(file_);
    QVERIFY(problem().find("on elsewhere") != std::string::npos);
    QCOMPARE(readFile(file_), before);
}

void TestRunLock::unreadableContentIsNoHolder() {
    for (const char* content : {"", "{", "[]", R"({"host":1})"}) {
        writeFileAtomically(file_, content);
        QVERIFY(!RunLock::holder(file_));
        QVERIFY(problem().empty());
    }
    QVERIFY(!RunLock::holder(file_));
}

void TestRunLock::knowsWhoLives() {
    LockHolder holder = RunLock::self();
    QVERIFY(holder.processStart > 0 && !holder.boot.empty() && !holder.host.empty());
    QCOMPARE(RunLock::isAlive(holder), std::optional(true));
    holder.processStart -= 1;
    QCOMPARE(RunLock::isAlive(holder), std::optional(false));
    holder.host += "x";
    QCOMPARE(RunLock::isAlive(holder), std::optional<bool>());
}

void TestRunLock::unwritableFolderIsAFileError() { QVERIFY_THROWS_EXCEPTION(FileError, RunLock(file_.parent_path() / "missing" / "run.lock")); }

MASKSCOPE_TEST(TestRunLock)
#include "tst_run_lock.moc"
