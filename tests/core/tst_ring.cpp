#include "core/ring.h"

#include <QtTest>

#include <atomic>
#include <numeric>
#include <thread>

#include "support/test_main.h"

using namespace maskscope;

class TestRing : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void givesBackWhatCameInOrder_data();
    void givesBackWhatCameInOrder();
    void isEmptyAfterADrain();
    void nothingIsLostUncountedBetweenTwoThreads();
};

void TestRing::givesBackWhatCameInOrder_data() {
    QTest::addColumn<int>("capacity");
    QTest::addColumn<int>("pushed");
    QTest::newRow("nothing") << 4 << 0;
    QTest::newRow("less than there is room for") << 4 << 3;
    QTest::newRow("exactly as much") << 4 << 4;
    QTest::newRow("one more") << 4 << 5;
    QTest::newRow("twice round") << 4 << 11;
    QTest::newRow("room for one") << 1 << 3;
}

void TestRing::givesBackWhatCameInOrder() {
    QFETCH(int, capacity);
    QFETCH(int, pushed);
    Ring<int> ring(static_cast<std::size_t>(capacity));
    for (int i = 0; i < pushed; ++i) ring.push(i);
    const auto drained = ring.drain();
    const int kept = std::min(capacity, pushed);
    std::vector<int> expected(static_cast<std::size_t>(kept));
    std::iota(expected.begin(), expected.end(), pushed - kept);
    QCOMPARE(drained.records, expected);
    QCOMPARE(drained.lost, static_cast<std::uint64_t>(pushed - kept));
}

void TestRing::isEmptyAfterADrain() {
    Ring<int> ring(2);
    for (int i = 0; i < 5; ++i) ring.push(i);
    ring.drain();
    QVERIFY(ring.drain().records.empty());
    for (int i = 7; i < 9; ++i) ring.push(i);
    const auto drained = ring.drain();
    QCOMPARE(drained.records, (std::vector<int>{7, 8}));
    QCOMPARE(drained.lost, std::uint64_t{0});
}

void TestRing::nothingIsLostUncountedBetweenTwoThreads() {
    constexpr int kCount = 200'000;
    Ring<int> ring(64);
    std::atomic<bool> done = false;
    std::thread writer([&] {
        for (int i = 0; i < kCount; ++i) ring.push(i);
        done = true;
    });
    std::int64_t expected = 0, wrong = 0;
    const auto take = [&] {
        const auto drained = ring.drain();
        expected += static_cast<std::int64_t>(drained.lost);
        for (const int value : drained.records) wrong += value == expected++ ? 0 : 1;
    };
    while (!done) take();
    writer.join();
    take();
    QCOMPARE(wrong, std::int64_t{0});
    QCOMPARE(expected, std::int64_t{kCount});
}

MASKSCOPE_TEST(TestRing)
#include "tst_ring.moc"
