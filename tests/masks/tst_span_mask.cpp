#include "masks/span_mask.h"

#include <cmath>

#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/error.h"

#include <QtTest>

#include "masks/mask_testing.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

/// Lengths of the runs of hidden tokens.
std::vector<std::int64_t> runs(const at::Tensor& hidden) {
    std::vector<std::int64_t> lengths;
    bool inside = false;
    for (std::int64_t i = 0; i < hidden.numel(); ++i) {
        const bool is = hidden.const_data_ptr<float>()[i] > 0.5F;
        if (is && !inside) lengths.push_back(0);
        if (is) ++lengths.back();
        inside = is;
    }
    return lengths;
}

}  // namespace

class TestSpanMask : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void lengthsAreGeometricAndCut() {
        // p (1 - p)^(l - 1) / (1 - (1 - p)^10); the mean for p = 0.2 is 5 - 10 * 0.8^10 / (1 - 0.8^10) = 3.797 (SpanBERT: 3.8).
        const std::vector<double> chances = SpanMask::lengthChances({});
        QCOMPARE(chances.size(), std::size_t{10});
        const double whole = 1 - std::pow(0.8, 10);
        double mean = 0;
        for (std::size_t i = 0; i < 10; ++i) {
            QVERIFY(std::abs(chances[i] - 0.2 * std::pow(0.8, static_cast<double>(i)) / whole) < 1e-12);
            mean += chances[i] * static_cast<double>(i + 1);
        }
        QVERIFY(std::abs(mean - (5 - 10 * std::pow(0.8, 10) / whole)) < 1e-12);
    }

    void drawnSpansHaveTheseLengths() {
        // 0.2 % of 40,000 tokens: about 21 spans far apart, so that few touch and one in 21 is cut short.
        const Geometry geometry = Geometry::sequence(1, 40000, {});
        const at::Tensor hidden = hiddenOf(*makeMask("strategy = 'span'\nratio = 0.002"), geometry, drawOf(1, firstSamples(100)));
        std::vector<double> counts(11, 0);
        double all = 0;
        for (std::int64_t row = 0; row < hidden.size(0); ++row)
            for (const std::int64_t length : runs(hidden[row])) {
                counts[static_cast<std::size_t>(std::min<std::int64_t>(length, 10))] += 1;
                all += 1;
            }
        QVERIFY(all > 1500);
        const std::vector<double> chances = SpanMask::lengthChances({});
        for (std::size_t length = 1; length <= 10; ++length)
            QVERIFY2(std::abs(counts[length] / all - chances[length - 1]) < 0.05, std::to_string(length).c_str());
    }

    void fixedLengthsMakeSpansOfOneLength() {
        const Geometry geometry = Geometry::sequence(1, 4000, {});
        const at::Tensor hidden =
            hiddenOf(*makeMask("strategy = 'span'\nratio = 0.01\nmin_length = 4\nmax_length = 4"), geometry, drawOf(1, {1, 2, 3}));
        for (std::int64_t row = 0; row < 3; ++row)
            for (const std::int64_t length : runs(hidden[row])) QVERIFY(length >= 4);
    }

    void theCountIsExact_data() {
        QTest::addColumn<double>("ratio");
        QTest::addColumn<int>("tokens");
        for (const double ratio : {0.01, 0.15, 0.5, 0.99})
            for (const int tokens : {2, 3, 10, 61, 500}) QTest::addRow("%g of %d", ratio, tokens) << ratio << tokens;
    }
    void theCountIsExact() {
        QFETCH(double, ratio);
        QFETCH(int, tokens);
        // Words of three tokens, and a sample with padding and specials.
        Geometry geometry = Geometry::sequence(2, tokens + 3, {});
        geometry.maskable = at::zeros({2, tokens + 3}, at::kBool);
        geometry.maskable.narrow(1, 1, tokens).fill_(true);
        geometry.groups = at::arange(tokens + 3, at::kLong).div(3, "floor").repeat({2, 1});
        const auto mask = makeMask("strategy = 'span'\nratio = " + std::to_string(ratio));
        const at::Tensor hidden = hiddenOf(*mask, geometry, drawOf(4, {1, 2}));
        const std::int64_t expected = std::clamp<std::int64_t>(std::lround(ratio * tokens), 1, tokens - 1);
        for (std::int64_t row = 0; row < 2; ++row) QCOMPARE(countOf(hidden[row]), expected);
        QCOMPARE(countOf(hidden.mul(geometry.maskable.logical_not())), std::int64_t{0});
    }

    void spansConsistOfWholeWords() {
        Geometry geometry = Geometry::sequence(1, 300, {});
        geometry.groups = at::arange(300, at::kLong).div(5, "floor").unsqueeze(0);
        const at::Tensor words = hiddenOf(*makeMask("strategy = 'span'\nratio = 0.3"), geometry, drawOf(2, firstSamples(50)));
        const at::Tensor perWord = words.view({50, 60, 5}).sum(at::IntArrayRef{-1});
        // Only the last word of a sample may be cut short.
        for (std::int64_t row = 0; row < 50; ++row) QVERIFY(countOf(perWord[row].gt(0).logical_and(perWord[row].lt(5))) <= 1);
        const at::Tensor tokens = hiddenOf(*makeMask("strategy = 'span'\nratio = 0.3\nwhole_words = false"), geometry, drawOf(2, firstSamples(50)));
        const at::Tensor perWordThen = tokens.view({50, 60, 5}).sum(at::IntArrayRef{-1});
        QVERIFY(countOf(perWordThen.gt(0).logical_and(perWordThen.lt(5))) > 100);
    }

    void everyTokenOfTheMiddleIsEquallyLikely() {
        const at::Tensor hidden =
            hiddenOf(*makeMask("strategy = 'span'\nratio = 0.15"), Geometry::sequence(1, 60, {}), drawOf(3, firstSamples(20000)));
        const at::Tensor share = hidden.mean(at::IntArrayRef{0}).narrow(0, 12, 36);
        QVERIFY(share.sub(share.mean()).abs().max().item<double>() < 0.02);
    }

    void otherGeometriesAreRefused_data() {
        QTest::addColumn<int>("kind");
        QTest::newRow("a picture") << 0;
        QTest::newRow("a graph") << 1;
    }
    void otherGeometriesAreRefused() {
        QFETCH(int, kind);
        Geometry geometry = Geometry::grid(1, {4, 4});
        if (kind == 1) {
            geometry.kind = GeometryKind::Graph;
            geometry.shape = {16};
        }
        QVERIFY_THROWS_EXCEPTION(ShapeError, makeMask("strategy = 'span'")->sample(geometry, Signals{}, drawOf(1, {1})));
    }

    void impossibleLengthsAreRefused() { QVERIFY_THROWS_EXCEPTION(RecipeError, makeMask("strategy = 'span'\nmin_length = 4\nmax_length = 3")); }
};

MASKSCOPE_TEST(TestSpanMask)
#include "tst_span_mask.moc"
