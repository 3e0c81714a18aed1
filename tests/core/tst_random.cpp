#include "core/random.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include <QtTest>

#include "support/test_main.h"

using maskscope::RandomStream;

namespace {

using Words4 = std::array<std::uint32_t, 4>;
using Words2 = std::array<std::uint32_t, 2>;

/// Philox 4x32-10 written once more from the paper (SC 2011, Sec. 3.3), to be checked against the paper's own answers.
Words4 philox(Words4 counter, Words2 key) {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0], b = std::uint64_t{0xCD9E8D57} * counter[2];
        const auto hi = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
        const auto lo = [](std::uint64_t x) { return static_cast<std::uint32_t>(x & 0xFFFFFFFFU); };
        counter = {hi(b) ^ counter[1] ^ key[0], lo(b), hi(a) ^ counter[3] ^ key[1], lo(a)};
        key = {key[0] + 0x9E3779B9U, key[1] + 0xBB67AE85U};
    }
    return counter;
}

}  // namespace

class TestRandom : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Answers from the authors' Random123 library (kat_vectors).
    void referenceKnowsTheAnswers() {
        QCOMPARE(philox({0, 0, 0, 0}, {0, 0}), (Words4{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
        QCOMPARE(philox({~0U, ~0U, ~0U, ~0U}, {~0U, ~0U}), (Words4{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
        QCOMPARE(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
                 (Words4{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
    }

    void streamIsPhilox() {
        const std::uint64_t sample = 0x123456789ABCDEF0ULL;
        const std::uint64_t key = maskscope::hashCombine(maskscope::hashCombine(7, maskscope::hashText("mask")), 42);
        RandomStream stream(7, "mask", 42, sample);
        for (std::uint32_t block = 0; block < 5; ++block)
            for (const std::uint32_t word : philox({block, 0, static_cast<std::uint32_t>(sample), static_cast<std::uint32_t>(sample >> 32)},
                                                   {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)}))
                QCOMPARE(stream.next(), word);
    }

    void everyPartOfTheNameCounts() {
        std::set<std::uint32_t> firsts;
        for (std::uint64_t seed = 0; seed < 10; ++seed)
            for (const char* purpose : {"mask", "augment", "init"})
                for (std::uint64_t step = 0; step < 10; ++step)
                    for (std::uint64_t sample = 0; sample < 10; ++sample) firsts.insert(RandomStream(seed, purpose, step, sample).next());
        QCOMPARE(firsts.size(), std::size_t{3000});
    }

    void drawsOfOtherStreamsChangeNothing() {
        RandomStream alone(1, "a"), first(1, "a"), second(1, "b");
        for (int i = 0; i < 20; ++i) {
            second.next();
            QCOMPARE(first.uniform(), alone.uniform());
            second.normal();
        }
    }

    void uniformFillsItsInterval() {
        RandomStream stream(3, "uniform");
        std::array<int, 20> counts{};
        double sum = 0;
        for (int i = 0; i < 40000; ++i) {
            const double x = stream.uniform();
            QVERIFY(x >= 0 && x < 1);
            ++counts[static_cast<std::size_t>(x * 20)];
            sum += x;
        }
        double chiSquare = 0;
        for (const int count : counts) chiSquare += std::pow(count - 2000.0, 2) / 2000.0;
        QVERIFY2(chiSquare < 45, qPrintable(QString::number(chiSquare)));  // 19 degrees of freedom: p = 0.0007
        QVERIFY(std::abs(sum / 40000 - 0.5) < 0.006);
        const double bounded = stream.uniform(-3, -2);
        QVERIFY(bounded >= -3 && bounded < -2);
    }

    void belowIsUniformAndInside() {
        RandomStream stream(3, "below");
        std::array<int, 7> counts{};
        for (int i = 0; i < 70000; ++i) {
            const std::uint64_t x = stream.below(7);
            QVERIFY(x < 7);
            ++counts[x];
        }
        for (const int count : counts) QVERIFY2(std::abs(count - 10000) < 500, qPrintable(QString::number(count)));
        QCOMPARE(stream.below(1), std::uint64_t{0});
        // Three quarters of 2^64: taking the remainder alone would favour the lower third twofold.
        const std::uint64_t bound = 3 * (std::uint64_t{1} << 62);
        int low = 0;
        for (int i = 0; i < 6000; ++i) low += stream.below(bound) < bound / 3 ? 1 : 0;
        QVERIFY2(std::abs(low - 2000) < 250, qPrintable(QString::number(low)));
    }

    void normalHasItsMoments() {
        RandomStream stream(3, "normal");
        double sum = 0, squares = 0, fourths = 0;
        const int count = 50000;
        for (int i = 0; i < count; ++i) {
            const double x = stream.normal();
            sum += x;
            squares += x * x;
            fourths += x * x * x * x;
        }
        QVERIFY(std::abs(sum / count) < 0.02);
        QVERIFY(std::abs(squares / count - 1) < 0.03);
        QVERIFY(std::abs(fourths / count - 3) < 0.25);
    }

    void chanceHasItsProbability() {
        RandomStream stream(3, "chance");
        int hits = 0;
        for (int i = 0; i < 20000; ++i) hits += stream.chance(0.2) ? 1 : 0;
        QVERIFY(std::abs(hits - 4000) < 300);
        QVERIFY(!stream.chance(0.0));
        QVERIFY(stream.chance(1.0));
    }

    void permutationsAreEquallyLikely() {
        RandomStream stream(3, "permutation");
        std::map<std::vector<std::int64_t>, int> counts;
        for (int i = 0; i < 12000; ++i) ++counts[stream.permutation(3)];
        QCOMPARE(counts.size(), std::size_t{6});
        for (const auto& [order, count] : counts) QVERIFY2(std::abs(count - 2000) < 250, qPrintable(QString::number(count)));
        std::vector<std::int64_t> order = stream.permutation(100);
        std::sort(order.begin(), order.end());
        for (std::size_t i = 0; i < order.size(); ++i) QCOMPARE(order[i], static_cast<std::int64_t>(i));
        QVERIFY(stream.permutation(0).empty());
    }

    /// Runs are resumed with other builds: these values may never change.
    void hashesStayWhatTheyAre() {
        QVERIFY(maskscope::hashText("mask") != maskscope::hashText("maks"));
        QVERIFY(maskscope::hashCombine(1, 2) != maskscope::hashCombine(2, 1));
        QCOMPARE(maskscope::hashText("mask"), std::uint64_t{0xde3bdcc5db4a9c04ULL});
        QCOMPARE(maskscope::hashText(""), std::uint64_t{0xf52a15e9a9b5e89bULL});
        QCOMPARE(maskscope::hashCombine(1, 2), std::uint64_t{0x081a5c1377856b73ULL});
    }

    void skippingEqualsDrawing() {
        for (const int before : {0, 1, 4, 6})
            for (const std::uint64_t skipped : {0, 1, 2, 3, 4, 5, 8, 13, 1000}) {
                RandomStream drawn(3, "test"), leapt(3, "test");
                for (int i = 0; i < before; ++i) QCOMPARE(drawn.next(), leapt.next());
                for (std::uint64_t i = 0; i < skipped; ++i) drawn.next();
                leapt.skip(skipped);
                for (int i = 0; i < 9; ++i) QCOMPARE(leapt.next(), drawn.next());
            }
    }
};

MASKSCOPE_TEST(TestRandom)
#include "tst_random.moc"
