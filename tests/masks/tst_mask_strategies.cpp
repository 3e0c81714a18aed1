#include "masks/mask_strategy.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>

#include "core/error.h"
#include "masks/mask_rows.h"

#include <QtTest>

#include "masks/mask_testing.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

/// Every strategy that draws masks of an exact ratio.
const std::vector<std::string> kStrategies{"strategy = 'random'", "strategy = 'block'", "strategy = 'grid'",
                                           "strategy = 'grid'\nrandom_offset = true", "strategy = 'inverse_block'"};

std::string withRatio(const std::string& strategy, double ratio) { return strategy + "\nratio = " + std::to_string(ratio); }

/// lround(ratio * N) within [1, N - 1], computed apart from the engine.
std::int64_t expectedCount(double ratio, std::int64_t tokens) {
    const auto rounded = static_cast<std::int64_t>(std::floor(ratio * static_cast<double>(tokens) + 0.5));
    return std::min(std::max<std::int64_t>(rounded, 1), tokens - 1);
}

void addStrategies() {
    QTest::addColumn<QByteArray>("strategy");
    for (const std::string& strategy : kStrategies) QTest::newRow(strategy.c_str()) << QByteArray::fromStdString(strategy);
}

}  // namespace

class TestMaskStrategies : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void countIsExact_data() { addStrategies(); }
    void countIsExact() {
        QFETCH(QByteArray, strategy);
        const std::vector<std::vector<std::int64_t>> shapes{{2}, {10}, {1, 7}, {7, 1}, {4, 4}, {8, 8}, {14, 14}, {5, 9}, {3, 4, 5}, {1, 2, 2}};
        for (const double ratio : {0.01, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.99})
            for (const auto& shape : shapes)
                for (const std::int64_t batch : {1, 3}) {
                    const Geometry geometry = Geometry::grid(batch, shape);
                    const at::Tensor hidden = hiddenOf(*makeMask(withRatio(strategy.toStdString(), ratio)), geometry,
                                                       drawOf(1, firstSamples(static_cast<std::size_t>(2 * batch))));
                    QCOMPARE(hidden.sizes().vec(), (std::vector<std::int64_t>{2 * batch, geometry.tokens()}));
                    QCOMPARE(hidden.scalar_type(), at::kFloat);
                    // Tubes are counted in a frame.
                    const bool isTube = shape.size() == 3 && !strategy.contains("random'");
                    const std::int64_t frames = isTube ? shape[0] : 1;
                    for (std::int64_t row = 0; row < 2 * batch; ++row) {
                        QCOMPARE(countOf(hidden[row]), frames * expectedCount(ratio, geometry.tokens() / frames));
                        QCOMPARE(countOf(hidden[row].eq(0).logical_or(hidden[row].eq(1)).to(at::kFloat)), geometry.tokens());
                    }
                }
    }

    void theSameDrawGivesTheSameMask_data() { addStrategies(); }
    void theSameDrawGivesTheSameMask() {
        QFETCH(QByteArray, strategy);
        const auto mask = makeMask(withRatio(strategy.toStdString(), 0.6));
        const Geometry geometry = Geometry::grid(4, {8, 8});
        const at::Tensor first = hiddenOf(*mask, geometry, drawOf(1, {5, 6, 7, 8}, 3));
        QVERIFY(at::equal(first, hiddenOf(*mask, geometry, drawOf(1, {5, 6, 7, 8}, 3))));
        QVERIFY(at::equal(first, hiddenOf(*makeMask(withRatio(strategy.toStdString(), 0.6)), geometry, drawOf(1, {5, 6, 7, 8}, 3))));
        const bool isDrawn = strategy != "strategy = 'grid'";
        QCOMPARE(at::equal(first, hiddenOf(*mask, geometry, drawOf(2, {5, 6, 7, 8}, 3))), !isDrawn);
        QCOMPARE(at::equal(first, hiddenOf(*mask, geometry, drawOf(1, {5, 6, 7, 8}, 4))), !isDrawn);
    }

    void permutedSamplesPermuteTheRows_data() { addStrategies(); }
    void permutedSamplesPermuteTheRows() {
        QFETCH(QByteArray, strategy);
        const auto mask = makeMask(withRatio(strategy.toStdString(), 0.6));
        const at::Tensor together = hiddenOf(*mask, Geometry::grid(3, {8, 8}), drawOf(1, {5, 6, 7}));
        const at::Tensor turned = hiddenOf(*mask, Geometry::grid(3, {8, 8}), drawOf(1, {7, 5, 6}));
        const at::Tensor alone = hiddenOf(*mask, Geometry::grid(1, {8, 8}), drawOf(1, {6}));
        QVERIFY(at::equal(turned[0], together[2]) && at::equal(turned[1], together[0]) && at::equal(turned[2], together[1]));
        QVERIFY(at::equal(alone[0], together[1]));
    }

    void paddingIsNeverHidden_data() { addStrategies(); }
    void paddingIsNeverHidden() {
        QFETCH(QByteArray, strategy);
        Geometry geometry = Geometry::grid(2, {6, 6});
        geometry.valid = at::ones({2, 36}, at::kBool);
        geometry.valid[1].slice(0, 20).fill_(false);
        const at::Tensor hidden = hiddenOf(*makeMask(withRatio(strategy.toStdString(), 0.5)), geometry, drawOf(1, firstSamples(6)));
        for (std::int64_t row = 0; row < 6; ++row) {
            const bool isPadded = row >= 3;  // three copies of each sample, next to each other
            QCOMPARE(countOf(hidden[row]), std::int64_t{isPadded ? 10 : 18});
            if (isPadded) QCOMPARE(countOf(hidden[row].slice(0, 20)), std::int64_t{0});
        }
    }

    void wrongRatiosAreRefused_data() {
        QTest::addColumn<QByteArray>("strategy");
        QTest::addColumn<double>("ratio");
        for (const char* strategy : {"random", "block", "grid"})
            for (const double ratio : {0.0, 1.0, 1.5, -0.5}) QTest::addRow("%s of %g", strategy, ratio) << QByteArray(strategy) << ratio;
    }
    void wrongRatiosAreRefused() {
        QFETCH(QByteArray, strategy);
        QFETCH(double, ratio);
        try {
            makeMask(withRatio("strategy = '" + strategy.toStdString() + "'", ratio));
            QFAIL("accepted");
        } catch (const RecipeError& error) {
            QVERIFY2(
                QString(error.what()).contains("mask.ratio of mask '" + strategy + "' is ") && QString(error.what()).contains("expected 0 < x < 1"),
                error.what());
        }
    }

    void impossibleBatchesAreRefused() {
        for (const std::string& strategy : kStrategies) {
            const auto mask = makeMask(strategy);
            QVERIFY_EXCEPTION_THROWN(mask->sample(Geometry::grid(2, {4, 4}), Signals{}, drawOf(1, firstSamples(3))), ShapeError);
            QVERIFY_EXCEPTION_THROWN(mask->sample(Geometry::grid(0, {4, 4}), Signals{}, drawOf(1, {})), ShapeError);
            QVERIFY_EXCEPTION_THROWN(mask->sample(Geometry::grid(1, {1, 1}), Signals{}, drawOf(1, {1})), ShapeError);
        }
    }

    void setsSufficeForRandomOnly() {
        Geometry points = Geometry::grid(1, {12});
        points.kind = GeometryKind::Set;
        QCOMPARE(countOf(hiddenOf(*makeMask("strategy = 'random'\nratio = 0.5"), points, drawOf(1, {1}))), std::int64_t{6});
        for (const char* strategy : {"strategy = 'block'", "strategy = 'grid'", "strategy = 'random'\nunit = 2"})
            QVERIFY_EXCEPTION_THROWN(makeMask(strategy)->sample(points, Signals{}, drawOf(1, {1})), ShapeError);
    }

    void countsStayInside() {
        QCOMPARE(hiddenCount(0.9, 10), std::int64_t{9});
        QCOMPARE(hiddenCount(0.75, 196), std::int64_t{147});
        QCOMPARE(hiddenCount(0.99, 2), std::int64_t{1});
        QCOMPARE(hiddenCount(0.01, 2), std::int64_t{1});
        QVERIFY_EXCEPTION_THROWN(hiddenCount(0.5, 1), ShapeError);
    }

    void everyStrategyIsDocumented() {
        const MaskRegistry registry = makeMaskRegistry();
        QVERIFY(!registry.entries().empty());
        for (const auto& entry : registry.entries()) {
            QVERIFY(!entry.help.empty());
            QVERIFY(entry.category == 'A' || entry.category == 'B');
            for (const ParamDoc& doc : registry.document(entry)) QVERIFY2(!doc.help.empty(), doc.name.c_str());
        }
    }
};

MASKSCOPE_TEST(TestMaskStrategies)
#include "tst_mask_strategies.moc"
