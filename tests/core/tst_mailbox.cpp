#include "core/mailbox.h"

#include <QtTest>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "support/test_main.h"

using namespace maskscope;

namespace {

/// Two numbers that belong together: a torn reading shows.
struct Pair {
    int first, second;
};

}  // namespace

class TestMailbox : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void isEmptyAtFirst();
    void theLatestValueStandsAndFormerOnesStayWithTheirReaders();
    void eachReaderSeesAValueOnce();
    void aSleepingReaderHoldsNobodyUp();
    void manyThreadsSeeWholeValuesThatOnlyRise();
};

void TestMailbox::isEmptyAtFirst() {
    const Mailbox<int> box;
    std::uint64_t seen = 0;
    QVERIFY(!box.latest());
    QVERIFY(!box.newerThan(seen));
    QCOMPARE(seen, std::uint64_t{0});
}

void TestMailbox::theLatestValueStandsAndFormerOnesStayWithTheirReaders() {
    Mailbox<int> box;
    box.put(std::make_shared<const int>(1));
    const auto first = box.latest();
    std::weak_ptr<const int> second;
    {
        auto letter = std::make_shared<const int>(2);
        second = letter;
        box.put(std::move(letter));
    }
    QCOMPARE(*box.latest(), 2);
    box.put(std::make_shared<const int>(3));
    QCOMPARE(*first, 1);
    QVERIFY(second.expired());  // nobody had taken it
    QCOMPARE(box.count(), std::uint64_t{3});
}

void TestMailbox::eachReaderSeesAValueOnce() {
    Mailbox<int> box;
    std::uint64_t one = 0, other = 0;
    box.put(std::make_shared<const int>(1));
    QCOMPARE(*box.newerThan(one), 1);
    QVERIFY(!box.newerThan(one));
    box.put(std::make_shared<const int>(2));
    box.put(std::make_shared<const int>(3));
    QCOMPARE(*box.newerThan(one), 3);
    QCOMPARE(*box.newerThan(other), 3);
    QVERIFY(!box.newerThan(other));
}

void TestMailbox::aSleepingReaderHoldsNobodyUp() {
    Mailbox<std::vector<int>> box;
    box.put(std::make_shared<const std::vector<int>>(1000, 0));
    std::atomic<bool> holding = false, over = false;
    std::thread reader([&] {
        const auto held = box.latest();
        holding = true;
        while (!over) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    });
    while (!holding) std::this_thread::yield();
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 10'000; ++i) box.put(std::make_shared<const std::vector<int>>(10, i));
    const auto took = std::chrono::steady_clock::now() - start;
    over = true;
    reader.join();
    QVERIFY2(took < std::chrono::seconds(2), "10,000 values wait for nobody");
    QCOMPARE(box.latest()->front(), 9999);
}

void TestMailbox::manyThreadsSeeWholeValuesThatOnlyRise() {
    constexpr int kLast = 20'000;
    Mailbox<Pair> box;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i)
        readers.emplace_back([&] {
            std::uint64_t seen = 0;
            int last = 0;
            while (last < kLast) {
                const auto pair = box.newerThan(seen);
                if (!pair) continue;
                if (pair->second != -pair->first || pair->first <= last) ++wrong;
                last = pair->first;
            }
        });
    for (int i = 1; i <= kLast; ++i) box.put(std::make_shared<const Pair>(Pair{i, -i}));
    for (std::thread& reader : readers) reader.join();
    QCOMPARE(wrong.load(), 0);
}

MASKSCOPE_TEST(TestMailbox)
#include "tst_mailbox.moc"
