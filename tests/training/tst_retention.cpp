#include "training/retention.h"

#include <QtTest>

#include <cmath>
#include <limits>

#include "support/test_main.h"

using namespace maskscope;

namespace {

using Steps = std::vector<std::int64_t>;

std::vector<CheckpointFacts> every(std::int64_t interval, std::int64_t last) {
    std::vector<CheckpointFacts> all;
    for (std::int64_t step = 0; step <= last; step += interval) all.push_back({step, std::nullopt, false});
    return all;
}

}  // namespace

class TestRetention : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void historyThinsOutByOctaves();
    void bestAndPinnedStay();
    void thinningOftenEqualsThinningOnce();
    void forecastEqualsTheRule_data();
    void forecastEqualsTheRule();
};

void TestRetention::historyThinsOutByOctaves() {
    QCOMPARE(stepsToKeep(every(1, 20), {.recent = 2}), (Steps{0, 1, 2, 4, 8, 16, 19, 20}));
    QCOMPARE(stepsToKeep(every(100, 1000), {.recent = 3}), (Steps{0, 100, 200, 300, 600, 800, 900, 1000}));
    QCOMPARE(stepsToKeep(every(100, 0), {}), Steps{0});
    QCOMPARE(stepsToKeep({}, {}), Steps{});
    QCOMPARE(stepsToKeep(every(1, 3), {.recent = 0}), (Steps{0, 1, 2, 3}));  // the newest always stays
}

void TestRetention::bestAndPinnedStay() {
    auto all = every(1, 31);
    all[27].valLoss = 0.5;
    all[26].valLoss = 0.25;
    all[25].valLoss = 0.25;  // of equals the earliest
    all[24].valLoss = std::nan("");
    all[22].pinned = true;
    QCOMPARE(stepsToKeep(all, {.recent = 1}), (Steps{0, 1, 2, 4, 8, 16, 22, 25, 31}));
    std::reverse(all.begin(), all.end());
    QCOMPARE(stepsToKeep(all, {.recent = 1}), (Steps{0, 1, 2, 4, 8, 16, 22, 25, 31}));
}

void TestRetention::thinningOftenEqualsThinningOnce() {
    for (const std::int64_t interval : {1, 7, 100}) {
        std::vector<CheckpointFacts> present;
        for (const CheckpointFacts& next : every(interval, 200 * interval)) {
            present.push_back(next);
            const Steps kept = stepsToKeep(present, {});
            std::erase_if(present, [&](const CheckpointFacts& fact) { return !std::binary_search(kept.begin(), kept.end(), fact.step); });
        }
        QCOMPARE(stepsToKeep(present, {}), stepsToKeep(every(interval, 200 * interval), {}));
    }
}

void TestRetention::forecastEqualsTheRule_data() {
    QTest::addColumn<qint64>("steps");
    QTest::addColumn<qint64>("interval");
    QTest::addColumn<int>("recent");
    for (const qint64 steps : {0, 1, 5, 100, 999, 1000, 12345})
        for (const qint64 interval : {1, 3, 100, 5000, 20000})
            for (const int recent : {1, 3, 6})
                QTest::addRow("%lld steps, every %lld, %d recent", steps, interval, recent) << steps << interval << recent;
}

void TestRetention::forecastEqualsTheRule() {
    QFETCH(qint64, steps);
    QFETCH(qint64, interval);
    QFETCH(int, recent);
    auto all = every(interval, steps);
    if (all.back().step != steps) all.push_back({steps, std::nullopt, false});
    const auto kept = static_cast<std::int64_t>(stepsToKeep(all, {.recent = recent}).size());
    QCOMPARE(forecastCount(steps, interval, {.recent = recent}), kept + 2);
    QCOMPARE(forecastBytes(steps, interval, 10.0, {.recent = recent}), 10.0 * static_cast<double>(kept + 2));
}

MASKSCOPE_TEST(TestRetention)
#include "tst_retention.moc"
