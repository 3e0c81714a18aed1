#include <QSignalSpy>
#include <QtTest>
#include <algorithm>
#include <set>

#include "support/test_main.h"
#include "training/process_memory.h"
#include "widgets/panels/control_bar.h"
#include "window_home.h"

using namespace maskscope;
using namespace maskscope::testing;

/// Watched training with MASKSCOPE_LONG alone: half an hour, or MASKSCOPE_SOAK_SECONDS.
class TestSoak : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        if (!qEnvironmentVariableIsSet("MASKSCOPE_LONG")) QSKIP("half an hour of training; set MASKSCOPE_LONG=1");
        if (const int seconds = qEnvironmentVariableIntValue("MASKSCOPE_SOAK_SECONDS"); seconds > 0) seconds_ = seconds;
    }

    /// A person turns pages and paints all the while. The first third is the warm-up: caches fill, every page is seen.
    void memoryStaysFlatAndNoCheckpointIsMissed() {
        MainWindow window;
        window.setStoresSession(false);
        window.resize(1440, 900);
        window.workspace().loadProject(project());
        window.show();
        Workspace& workspace = window.workspace();
        QTRY_VERIFY_WITH_TIMEOUT(workspace.data() != nullptr && !workspace.samples().empty(), kLongMs);
        QSignalSpy messages(&workspace, &Workspace::messaged);
        workspace.start();
        QVERIFY(workspace.currentRun() != nullptr);
        const QString run = workspace.currentRun()->id;
        QTRY_VERIFY_WITH_TIMEOUT(workspace.currentRun()->step >= 1, kLongMs);

        QElapsedTimer clock;
        clock.start();
        std::vector<double> megabytes;
        for (int sample = 1; clock.elapsed() < seconds_ * 1000; ++sample) {
            QElapsedTimer turn;
            for (turn.start(); turn.elapsed() < kEveryMs; collectCheckpoints(run)) QTest::qWait(500);
            QVERIFY2(workspace.currentRun()->state == RunState::Running, qPrintable(warningsOf(messages).join(QLatin1Char('\n'))));
            megabytes.push_back(residentBytes() / 1e6);
            qInfo("%5lld s: step %6lld, %.1f MB, %lld open files", clock.elapsed() / 1000, workspace.currentRun()->step, megabytes.back(),
                  static_cast<long long>(QDir(QStringLiteral("/proc/self/fd")).count()));
            turnAPage(window, sample);
        }
        workspace.stop();
        QTRY_VERIFY_WITH_TIMEOUT(!isActive(workspace.currentRun()->state), kLongMs);
        collectCheckpoints(run);
        QVERIFY2(warningsOf(messages).isEmpty(), qPrintable(warningsOf(messages).join(QLatin1Char('\n'))));

        const auto third = static_cast<std::ptrdiff_t>(megabytes.size() / 3);
        QVERIFY2(third >= 3, "too short a time to judge");
        const double before = median({megabytes.begin() + third, megabytes.begin() + 2 * third});
        const double after = median({megabytes.begin() + 2 * third, megabytes.end()});
        qInfo("%.1f MB in the second third, %.1f MB in the last", before, after);
        QVERIFY2(after < 1.01 * before, "memory grows");
        for (qint64 step = 0; step <= workspace.currentRun()->step; step += kCheckpointEvery)
            QVERIFY2(checkpoints_.count(step) == 1, qPrintable(QStringLiteral("no checkpoint of step %1").arg(step)));
    }

private:
    static constexpr qint64 kEveryMs = 10'000, kCheckpointEvery = 100;

    /// MAE at classroom scale on CIFAR-10 where it is at hand, on one thread, too long to come to its end.
    Project project() const {
        const QString photos = qEnvironmentVariable("MASKSCOPE_SHARED") + QStringLiteral("/data/cifar10-small.tar");
        Project project;
        project.data = QFileInfo::exists(photos) ? photos : home_.path(QStringLiteral("shapes/train"));
        return project.with(QStringLiteral("train.steps"), QStringLiteral("10000000"))
            .with(QStringLiteral("train.checkpoint_every"), QString::number(kCheckpointEvery))
            .with(QStringLiteral("train.threads"), QStringLiteral("1"));
    }

    /// Old ones are thinned out: they are noted while they are there.
    void collectCheckpoints(const QString& run) {
        const QDir folder(run + QStringLiteral("/checkpoints"));
        for (const QString& name : folder.entryList({QStringLiteral("step-*")}, QDir::Dirs))
            checkpoints_.insert(name.section(QLatin1Char('-'), 1).toLongLong());
    }

    static void turnAPage(MainWindow& window, int turn) {
        Workspace& workspace = window.workspace();
        const auto& pages = MainWindow::pages();
        window.showPage(pages[static_cast<std::size_t>(turn) % pages.size()]);
        workspace.setCurrentSample(turn % static_cast<int>(workspace.samples().size()));
        std::vector<std::uint8_t> mask(64, 0);
        std::fill_n(mask.begin() + turn % 32, 32, std::uint8_t{1});
        workspace.setMask(mask);
    }

    static double median(std::vector<double> values) {
        std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
        return values[values.size() / 2];
    }

    WindowHome home_;
    int seconds_ = 1800;
    std::set<qint64> checkpoints_;
};

MASKSCOPE_TEST(TestSoak)
#include "tst_soak.moc"
