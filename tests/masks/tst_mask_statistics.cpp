#include "masks/mask_statistics.h"

#include <cmath>

#include <ATen/ops/tensor.h>

#include "core/error.h"

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

/// "110/001" as a mask.
at::Tensor maskOf(const char* text) {
    std::vector<float> values;
    for (; *text != '\0'; ++text)
        if (*text != '/') values.push_back(*text == '1' ? 1.0F : 0.0F);
    return at::tensor(values);
}

using Sizes = std::vector<std::int64_t>;

}  // namespace

class TestMaskStatistics : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void describesAPlane() {
        const MaskStatistics statistics = maskStatistics(maskOf("1100/1000/0110/0001"), Geometry::grid(1, {4, 4}));
        QCOMPARE(statistics.hiddenCount, std::int64_t{6});
        QCOMPARE(statistics.hiddenRatio, 6.0 / 16.0);
        QCOMPARE(statistics.clusterSizes, (Sizes{3, 2, 1}));  // corners do not join
        QCOMPARE(statistics.meanClusterSize, 2.0);
        // All but the corner at (0, 0) touch a visible token; that one's nearest is (1, 1).
        QVERIFY(std::abs(statistics.meanVisibleDistance - (5 + std::sqrt(2.0)) / 6) < 1e-12);
        QVERIFY(std::abs(statistics.maxVisibleDistance - std::sqrt(2.0)) < 1e-12);
    }

    void rowsDoNotJoinAroundTheEdge() {
        QCOMPARE(maskStatistics(maskOf("001/100"), Geometry::grid(1, {2, 3})).clusterSizes, (Sizes{1, 1}));
        QCOMPARE(maskStatistics(maskOf("001100"), Geometry::grid(1, {6})).clusterSizes, Sizes{2});
    }

    void framesJoin() {
        const MaskStatistics statistics = maskStatistics(maskOf("10/00/10/00/00/01"), Geometry::grid(1, {3, 2, 2}));
        QCOMPARE(statistics.clusterSizes, (Sizes{2, 1}));
        QCOMPARE(statistics.maxVisibleDistance, 1.0);
    }

    void paddingBelongsToNothing() {
        const at::Tensor valid = maskOf("110/110").to(at::kBool);
        const MaskStatistics statistics = maskStatistics(maskOf("101/001"), Geometry::grid(1, {2, 3}), valid);
        QCOMPARE(statistics.hiddenCount, std::int64_t{1});
        QCOMPARE(statistics.hiddenRatio, 0.25);
        QCOMPARE(statistics.clusterSizes, Sizes{1});
    }

    void extremesAreDefined() {
        const MaskStatistics none = maskStatistics(maskOf("00/00"), Geometry::grid(1, {2, 2}));
        QCOMPARE(none.hiddenCount, std::int64_t{0});
        QCOMPARE(none.meanClusterSize, 0.0);
        QVERIFY(none.clusterSizes.empty());
        QVERIFY(std::isinf(maskStatistics(maskOf("11/11"), Geometry::grid(1, {2, 2})).maxVisibleDistance));
        QVERIFY_EXCEPTION_THROWN(maskStatistics(maskOf("11"), Geometry::grid(1, {2, 2})), ShapeError);
    }

    void probabilityIsTheShareOfDraws() {
        const at::Tensor probability = hiddenProbability(maskOf("1100/1010/1000/0000").view({4, 4}));
        QCOMPARE(probability[0].item<float>(), 0.75F);
        QCOMPARE(probability[1].item<float>(), 0.25F);
        QCOMPARE(probability[3].item<float>(), 0.0F);
    }
};

MASKSCOPE_TEST(TestMaskStatistics)
#include "tst_mask_statistics.moc"
