#include "training/run_record.h"

#include <csignal>

#include <sys/resource.h>

#include <QTemporaryDir>
#include <QtTest>

#include "core/error.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

/// While it lives, no file of this process can grow, as on a full disk.
class FullDisk {
public:
    FullDisk() : formerHandler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &former_);
        rlimit none = former_;
        none.rlim_cur = 1;
        ::setrlimit(RLIMIT_FSIZE, &none);
    }
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &former_);
        std::signal(SIGXFSZ, formerHandler_);
    }

private:
    rlimit former_{};
    void (*formerHandler_)(int);
};

StepRecord stepRecord(std::int64_t step) { return {.step = step, .loss = 1.0 / static_cast<double>(step)}; }

}  // namespace

class TestRunRecord : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void rowsWaitWhileTheDiskIsFull() {
        const QTemporaryDir folder;
        const RunDirectory run = RunDirectory::create((folder.path() + "/run").toStdString(), Value(Value::Table{}), {});
        RunRecord record(run);
        record.addStep(stepRecord(1), {});
        QCOMPARE(record.problem(), std::string());
        bool wasRefused = false;
        {
            const FullDisk full;
            record.addStep(stepRecord(2), {});
            record.addStep(stepRecord(3), {});
            try {
                record.sync();
            } catch (const FileError&) {
                wasRefused = true;
            }
        }
        QVERIFY(wasRefused);
        QVERIFY2(record.problem().find("metrics.csv: cannot write") != std::string::npos, record.problem().c_str());
        record.addStep(stepRecord(4), {});
        QCOMPARE(record.problem(), std::string());
        record.sync();
        const MetricsTable table = MetricsLog::read(run.metricsFile());
        QCOMPARE(table.rows.size(), std::size_t{4});
        for (std::size_t i = 0; i < 4; ++i) QCOMPARE(*table.rows[i].front(), static_cast<double>(i + 1));
    }
};

MASKSCOPE_TEST(TestRunRecord)
#include "tst_run_record.moc"
