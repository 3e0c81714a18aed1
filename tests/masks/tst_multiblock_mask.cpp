#include <algorithm>
#include <cmath>
#include <set>

#include <ATen/ops/equal.h>

#include "core/error.h"

#include <QtTest>

#include "masks/mask_testing.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

struct Box {
    std::int64_t rows = 0, columns = 0;
    bool full = false;
};

/// The rectangle around hidden tokens, and whether it is filled.
Box boxOf(const at::Tensor& hidden, std::int64_t columns) {
    std::int64_t top = INT64_MAX, left = INT64_MAX, bottom = -1, right = -1;
    for (std::int64_t i = 0; i < hidden.numel(); ++i) {
        if (hidden[i].item<float>() < 0.5F) continue;
        top = std::min(top, i / columns);
        bottom = std::max(bottom, i / columns);
        left = std::min(left, i % columns);
        right = std::max(right, i % columns);
    }
    const Box box{bottom - top + 1, right - left + 1, false};
    return {box.rows, box.columns, box.rows * box.columns == countOf(hidden)};
}

}  // namespace

class TestMultiblockMask : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void targetsAreBlocksAndTheContextHoldsNoneOfThem() {
        const Geometry geometry = Geometry::grid(8, {14, 14});
        const auto masks = makeMask("strategy = 'multiblock'")->sample(geometry, {}, drawOf(1, firstSamples(32)));
        QCOMPARE(masks.size(), std::size_t{5});
        QCOMPARE(masks.front().role, std::string("context"));
        std::set<std::int64_t> areas, contexts;
        for (std::int64_t row = 0; row < 32; ++row) {
            const at::Tensor context = masks.front().hidden[row].neg().add(1);
            QVERIFY(countOf(context) >= 4);
            contexts.insert(countOf(context));
            const Box first = boxOf(masks[1].hidden[row], 14);
            for (std::size_t i = 1; i < masks.size(); ++i) {
                QCOMPARE(masks[i].role, "target" + std::to_string(i - 1));
                const at::Tensor target = masks[i].hidden[row];
                const Box box = boxOf(target, 14);
                QVERIFY(box.full);
                QVERIFY(box.rows == first.rows && box.columns == first.columns);
                QCOMPARE(countOf(target.mul(context)), 0);
                const double share = static_cast<double>(countOf(target)) / 196.0,
                             aspect = static_cast<double>(box.rows) / static_cast<double>(box.columns);
                QVERIFY(share > 0.12 && share < 0.23 && aspect > 0.6 && aspect < 1.8);
                areas.insert(countOf(target));
            }
        }
        QVERIFY(areas.size() > 3 && contexts.size() > 3);
    }

    void aDrawIsRepeatedExactly() {
        const auto strategy = makeMask("strategy = 'multiblock'");
        const Geometry geometry = Geometry::grid(2, {8, 8});
        const auto all = strategy->sample(geometry, {}, drawOf(5, {3, 9})), one = strategy->sample(Geometry::grid(1, {8, 8}), {}, drawOf(5, {9}));
        for (std::size_t i = 0; i < all.size(); ++i) QVERIFY(at::equal(all[i].hidden[1], one[i].hidden[0]));
    }

    void manyTargetsStillLeaveAContext() {
        const auto masks = makeMask("strategy = 'multiblock'\ntargets = 6\ntarget_scale = [0.2, 0.25]\nmin_context = 30")
                               ->sample(Geometry::grid(1, {8, 8}), {}, drawOf(2, firstSamples(20)));
        for (std::int64_t row = 0; row < 20; ++row) QVERIFY(countOf(masks.front().hidden[row].neg().add(1)) > 0);
    }

    void otherGridsAreRefused() {
        const auto strategy = makeMask("strategy = 'multiblock'");
        QVERIFY_EXCEPTION_THROWN(strategy->sample(Geometry::grid(1, {16}), {}, drawOf(1, {0})), ShapeError);
        QVERIFY_EXCEPTION_THROWN(strategy->sample(Geometry::grid(1, {2, 4, 4}), {}, drawOf(1, {0})), ShapeError);
        QVERIFY_EXCEPTION_THROWN(makeMask("strategy = 'multiblock'\ntarget_scale = [0.3, 0.2]"), RecipeError);
    }

    void whatInverseBlocksShowHangsTogether() {
        const Geometry geometry = Geometry::grid(64, {14, 14});
        const auto neighbours = [&](const std::string& toml) {
            const at::Tensor visible = hiddenOf(*makeMask(toml), geometry, drawOf(1, firstSamples(64))).view({64, 14, 14}).neg().add(1);
            const at::Tensor across = visible.narrow(2, 0, 13).mul(visible.narrow(2, 1, 13));
            return across.sum().item<double>() / visible.sum().item<double>();
        };
        QVERIFY(neighbours("strategy = 'inverse_block'\nratio = 0.8") > 2.0 * neighbours("strategy = 'random'\nratio = 0.8"));
    }
};

MASKSCOPE_TEST(TestMultiblockMask)
#include "tst_multiblock_mask.moc"
