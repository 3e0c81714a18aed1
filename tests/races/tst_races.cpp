#include <QProcess>
#include <QSignalSpy>
#include <QtTest>
#include <set>

#include "app/gui/bridge/session_bridge.h"
#include "races/fake_session.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

/// Qt is not built with ThreadSanitizer, and QProcess forks.
extern "C" const char* __tsan_default_options() { return "ignore_noninstrumented_modules=1:die_after_fork=0"; }

namespace {

constexpr int kRaceFound = 66;  // ThreadSanitizer's status of a process
constexpr std::int64_t kEndless = 1'000'000'000'000;
constexpr const char* kRaceOnPurpose = "MASKSCOPE_RACE_ON_PURPOSE";

}  // namespace

/// Queue, mailbox and the window's bridge with a session that talks without pause. The program is built with ThreadSanitizer, which
/// ends it with a status of its own when it saw two threads at one place.
class TestRaces : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// A check that cannot fail would be none: this program, told to race, is found out.
    void aRaceIsNoticed() {
        if (qEnvironmentVariableIsSet(kRaceOnPurpose)) {
            int shared = 0;
            {
                const std::jthread other([&] { shared = 1; });
                shared = 2;
            }
            QVERIFY(shared > 0);
            return;
        }
        QProcess racing;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QLatin1String(kRaceOnPurpose), QStringLiteral("1"));
        racing.setProcessEnvironment(environment);
        racing.start(QCoreApplication::applicationFilePath(), {QStringLiteral("TestRaces"), QStringLiteral("aRaceIsNoticed")});
        QVERIFY(racing.waitForFinished(60'000));
        const QByteArray told = racing.readAllStandardError() + racing.readAllStandardOutput();
        QVERIFY2(racing.exitCode() == kRaceFound && told.contains("data race"), told.constData());
    }

    void everyRecordOfARingIsReadOnceOrCountedLost() {
        constexpr std::int64_t kWriters = 3, kEach = 20'000;
        Ring<StepRecord> ring(256);
        std::atomic<int> writing = kWriters;
        std::vector<std::jthread> writers;
        for (std::int64_t writer = 0; writer < kWriters; ++writer)
            writers.emplace_back([&, writer] {
                for (std::int64_t i = 0; i < kEach; ++i) {
                    StepRecord record{};
                    record.step = writer * kEach + i;
                    ring.push(record);
                }
                --writing;
            });
        std::set<std::int64_t> seen;
        std::uint64_t lost = 0, doubled = 0;
        for (bool last = false; !last;) {
            last = writing == 0;
            const auto drained = ring.drain();
            lost += drained.lost;
            for (const StepRecord& record : drained.records) doubled += seen.insert(record.step).second ? 0 : 1;
        }
        QCOMPARE(doubled, std::uint64_t{0});
        QCOMPARE(seen.size() + lost, static_cast<std::uint64_t>(kWriters * kEach));
    }

    void aMailboxNeverGoesBack() {
        Mailbox<std::int64_t> box;
        std::jthread writer([&] {
            for (std::int64_t i = 1; i <= 50'000; ++i) box.put(std::make_shared<std::int64_t>(i));
        });
        std::vector<std::jthread> readers;
        std::atomic<int> wrong = 0;
        for (int reader = 0; reader < 2; ++reader)
            readers.emplace_back([&] {
                std::uint64_t seen = 0;
                for (std::int64_t last = 0; last < 50'000;) {
                    const auto letter = box.newerThan(seen);
                    if (!letter) continue;
                    if (*letter <= last) ++wrong;
                    last = *letter;
                }
            });
        readers.clear();
        QCOMPARE(wrong.load(), 0);
    }

    void theBridgeListensWhileTheSessionTalks() {
        SessionBridge bridge;
        std::int64_t heard = 0, last = 0, backwards = 0, weights = 0;
        bool lostSome = false;
        connect(&bridge, &SessionBridge::stepsCame, this, [&](const std::vector<StepRecord>& records, bool lost) {
            lostSome = lostSome || lost;
            for (const StepRecord& record : records) {
                backwards += record.step <= last ? 1 : 0;
                last = record.step;
                ++heard;
            }
        });
        connect(&bridge, &SessionBridge::weightsCame, this, [&](const auto& published) { weights = published->step; });
        QSignalSpy probes(&bridge, &SessionBridge::probed), spreads(&bridge, &SessionBridge::spreadCame),
            validations(&bridge, &SessionBridge::validated);
        bridge.setWeightsWanted(true);
        bridge.attach(std::make_unique<FakeSession>(kEndless));
        bridge.setProbesWanted(false);  // as views come and go
        QTest::qWait(SessionBridge::kPollMs);
        bridge.setProbesWanted(true);
        bridge.session()->pause();
        QTest::qWait(2 * SessionBridge::kPollMs);
        bridge.session()->resumeTraining();
        QTRY_VERIFY_WITH_TIMEOUT(!probes.isEmpty() && !spreads.isEmpty() && !validations.isEmpty() && weights > 0, 60'000);
        bridge.session()->setLastStep(bridge.status().step + 1);
        QTRY_COMPARE_WITH_TIMEOUT(bridge.status().state, SessionState::Finished, 60'000);
        QTRY_COMPARE_WITH_TIMEOUT(last, bridge.status().step, 10'000);
        QCOMPARE(backwards, std::int64_t{0});
        QVERIFY(heard == last || lostSome);
    }

    void sessionsComeAndGo() {
        SessionBridge bridge;
        QSignalSpy left(&bridge, &SessionBridge::allLeft);
        for (int i = 0; i < 5; ++i) {
            bridge.attach(std::make_unique<FakeSession>(kEndless));
            QTest::qWait(30);
        }
        bridge.detach();
        QTRY_VERIFY_WITH_TIMEOUT(!left.isEmpty() && !bridge.isLeaving(), 30'000);
        QVERIFY(bridge.session() == nullptr);
    }
};

MASKSCOPE_TEST(TestRaces)
#include "tst_races.moc"
