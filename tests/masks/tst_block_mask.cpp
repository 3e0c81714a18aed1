#include "masks/block_mask.h"

#include <ATen/ops/equal.h>

#include "core/error.h"
#include "masks/mask_statistics.h"

#include <QtTest>

#include "masks/mask_testing.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

double meanClusterSize(const std::string& strategy) {
    const Geometry geometry = Geometry::grid(1, {14, 14});
    const at::Tensor hidden = hiddenOf(*makeMask(strategy), geometry, drawOf(1, firstSamples(200)));
    double sum = 0;
    for (std::int64_t row = 0; row < 200; ++row) sum += maskStatistics(hidden[row], geometry).meanClusterSize;
    return sum / 200;
}

}  // namespace

class TestBlockMask : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void clustersAreLargerThanRandomOnes() {
        const double block = meanClusterSize("strategy = 'block'\nratio = 0.4"), random = meanClusterSize("strategy = 'random'\nratio = 0.4");
        QVERIFY2(block > 5 * random, qPrintable(QString("block %1, random %2").arg(block).arg(random)));
        const double small = meanClusterSize("strategy = 'block'\nratio = 0.4\nmin_block = 2");
        QVERIFY2(small < 0.8 * block, qPrintable(QString("min_block 2: %1, 16: %2").arg(small).arg(block)));
    }

    /// A count of one block is one rectangle, within the aspect range.
    void aBlockIsARectangle() {
        const Geometry geometry = Geometry::grid(1, {14, 14});
        const at::Tensor hidden =
            hiddenOf(*makeMask("strategy = 'block'\nratio = 0.0816\nmin_block = 16\nmin_aspect = 0.9"), geometry, drawOf(1, firstSamples(50)));
        for (std::int64_t row = 0; row < 50; ++row) {
            const at::Tensor plane = hidden[row].view({14, 14});
            QCOMPARE(countOf(plane), std::int64_t{16});
            // 16 tokens of aspect 0.9 to 1.1 are 4 x 4.
            QCOMPARE(countOf(plane.amax(at::IntArrayRef{0})), std::int64_t{4});
            QCOMPARE(countOf(plane.amax(at::IntArrayRef{1})), std::int64_t{4});
        }
    }

    void lowAspectsMakeFlatAndTallBlocks() {
        const Geometry geometry = Geometry::grid(1, {14, 14});
        const at::Tensor hidden =
            hiddenOf(*makeMask("strategy = 'block'\nratio = 0.0816\nmin_block = 16\nmin_aspect = 0.25"), geometry, drawOf(1, firstSamples(200)));
        int flat = 0, tall = 0;
        for (std::int64_t row = 0; row < 200; ++row) {
            const at::Tensor plane = hidden[row].view({14, 14});
            const std::int64_t width = countOf(plane.amax(at::IntArrayRef{0})), height = countOf(plane.amax(at::IntArrayRef{1}));
            flat += width >= 2 * height ? 1 : 0;
            tall += height >= 2 * width ? 1 : 0;
        }
        QVERIFY2(flat > 20 && tall > 20, qPrintable(QString("%1 flat, %2 tall").arg(flat).arg(tall)));
    }

    void blocksReachTheWholeGrid() {
        const at::Tensor probability =
            hiddenProbability(hiddenOf(*makeMask("strategy = 'block'\nratio = 0.4"), Geometry::grid(1, {8, 8}), drawOf(1, firstSamples(500))));
        // Large blocks hide the centre more often than the corners, but nothing always or never.
        QVERIFY(probability.min().item<double>() > 0.05);
        QVERIFY(probability.max().item<double>() < 0.95);
    }

    void framesAreTubes() {
        const at::Tensor hidden =
            hiddenOf(*makeMask("strategy = 'block'\nratio = 0.5"), Geometry::grid(1, {3, 6, 6}), drawOf(1, {1}))[0].view({3, 36});
        QVERIFY(at::equal(hidden[0], hidden[1]) && at::equal(hidden[0], hidden[2]));
    }

    void sequencesGetSpans() {
        const Geometry geometry = Geometry::grid(1, {100});
        const at::Tensor hidden = hiddenOf(*makeMask("strategy = 'block'\nratio = 0.5\nmin_block = 10"), geometry, drawOf(1, firstSamples(20)));
        for (std::int64_t row = 0; row < 20; ++row) QVERIFY(maskStatistics(hidden[row], geometry).meanClusterSize > 5);
    }

    void wrongSettingsAreRefused() {
        for (const char* setting : {"min_block = 0", "min_aspect = 0", "min_aspect = 1.2", "max_attempts = 0"})
            QVERIFY_EXCEPTION_THROWN(makeMask(std::string("strategy = 'block'\n") + setting), RecipeError);
    }
};

MASKSCOPE_TEST(TestBlockMask)
#include "tst_block_mask.moc"
