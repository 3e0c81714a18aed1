// Masks that are no draw of patches: an order of prediction, and frequencies.
#include <ATen/ops/equal.h>

#include <QtTest>

#include "core/error.h"
#include "masks/mask_testing.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

class TestOrderedMasks : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theEndOfTheRasterOrderIsHidden() {
        const auto masks = makeMask("strategy = 'autoregressive'\nratio = 0.5")->sample(Geometry::grid(2, {3, 4}), Signals(), drawOf(1, {1, 2}));
        QCOMPARE(masks.size(), std::size_t{1});
        for (int row = 0; row < 2; ++row) QCOMPARE(QString::fromStdString(drawn(masks[0].hidden[row], 4)), QStringLiteral("0000/0011/1111"));
        for (std::int64_t place = 0; place < 12; ++place) QCOMPARE(masks[0].order[1][place].item<std::int64_t>(), place);
    }

    void frequenciesAreHiddenOnOneSideOfTheCircle() {
        const Geometry plane = Geometry::grid(1, {6, 6});
        const at::Tensor low = hiddenOf(*makeMask("strategy = 'frequency'\nradius = 2\nlow_pass_share = 1.0"), plane, drawOf(1, {1}))[0];
        QCOMPARE(QString::fromStdString(drawn(low, 6)), QStringLiteral("111111/111111/110001/110001/110001/111111"));
        const at::Tensor high = hiddenOf(*makeMask("strategy = 'frequency'\nradius = 2\nlow_pass_share = 0.0"), plane, drawOf(1, {1}))[0];
        QVERIFY(at::equal(high, low.neg().add(1.0)));
    }

    void bothSidesAreHiddenAsOftenAsAsked() {
        const at::Tensor hidden =
            hiddenOf(*makeMask("strategy = 'frequency'\nradius = 2\nlow_pass_share = 0.25"), Geometry::grid(1, {6, 6}), drawOf(3, firstSamples(400)));
        const std::int64_t highPasses = countOf(hidden.select(1, 3 * 6 + 3));  // the lowest frequency is gone
        QVERIFY2(highPasses > 270 && highPasses < 330, qPrintable(QString::number(highPasses)));
    }

    void aPlaneWithoutFrequenciesBeyondTheCircleIsRefused() {
        QVERIFY_THROWS_EXCEPTION(ShapeError, hiddenOf(*makeMask("strategy = 'frequency'\nradius = 5"), Geometry::grid(1, {6, 6}), drawOf(1, {1})));
        QVERIFY_THROWS_EXCEPTION(ShapeError, hiddenOf(*makeMask("strategy = 'frequency'\nradius = 1"), Geometry::sequence(1, 9, {}), drawOf(1, {1})));
    }
};

MASKSCOPE_TEST(TestOrderedMasks)
#include "tst_ordered_masks.moc"
