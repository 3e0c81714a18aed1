#include "tensor/series.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>

#include <QtTest>

#include "core/error.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

using Kind = SeriesScaling::Kind;

at::Tensor column(const std::vector<double>& values) { return at::tensor(values, at::kDouble).view({1, -1, 1}); }

}  // namespace

class TestSeries : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void patchesEndWithTheSeries() {
        // Two series of 11 times: 0 to 10 and 100 to 110.
        const at::Tensor times = at::arange(11, at::kDouble);
        const at::Tensor series = times.view({1, 11, 1}) + at::tensor(std::vector<double>{0, 100}).view({1, 1, 2});
        const at::Tensor patches = seriesPatches(series, 4, 3);
        QCOMPARE(patches.sizes().vec(), (std::vector<std::int64_t>{1, 2, 3, 4}));
        for (std::int64_t c = 0; c < 2; ++c)
            for (std::int64_t n = 0; n < 3; ++n) QVERIFY(at::equal(patches[0][c][n], times.narrow(0, 1 + 3 * n, 4) + 100.0 * static_cast<double>(c)));
        QCOMPARE(seriesPatches(series, 11, 5).sizes().vec(), (std::vector<std::int64_t>{1, 2, 1, 11}));
        QVERIFY_EXCEPTION_THROWN(seriesPatches(series, 12, 1), ShapeError);
        QVERIFY_EXCEPTION_THROWN(seriesPatches(series, 4, 0), ShapeError);
    }

    void closedForms() {
        const at::Tensor series = column({1, 3, 100, 8});
        const at::Tensor observed = column({1, 1, 0, 1});
        const ScaledSeries deviation = scaleSeries(series, observed, {.kind = Kind::Deviation, .minimum = 0.0});
        QCOMPARE(deviation.offset.item<double>(), 4.0);
        QVERIFY(std::abs(deviation.scale.item<double>() - std::sqrt((9.0 + 1.0 + 16.0) / 3.0)) < 1e-12);
        QVERIFY(((deviation.values * deviation.scale + deviation.offset) - series).abs().max().item<double>() < 1e-12);
        const ScaledSeries magnitude = scaleSeries(column({-1, 3, 100, 8}), observed, {.kind = Kind::Magnitude, .minimum = 1e-10});
        QCOMPARE(magnitude.scale.item<double>(), 4.0);
        QCOMPARE(magnitude.offset.item<double>(), 0.0);
        QCOMPARE(magnitude.values[0][3][0].item<double>(), 2.0);
        const ScaledSeries none = scaleSeries(series, observed, {.kind = Kind::None});
        QVERIFY(at::equal(none.values, series));
        QCOMPARE(none.scale.item<double>(), 1.0);
    }

    void seriesWithoutObservationsTakeTheBatchsScale() {
        at::Tensor series = at::full({3, 4, 1}, 6.0, at::kDouble), observed = at::ones({3, 4, 1}, at::kBool);
        series[1].fill_(2.0);
        observed[2].fill_(false);
        const ScaledSeries scaled = scaleSeries(series, observed, {.kind = Kind::Magnitude, .minimum = 1e-10});
        QCOMPARE(scaled.scale[2].item<double>(), 4.0);
        const SeriesScaling given{.kind = Kind::Magnitude, .minimum = 1e-10, .whereNothingIsSeen = 5.0};
        QCOMPARE(scaleSeries(series, observed, given).scale[2].item<double>(), 5.0);
        QCOMPARE(scaleSeries(series, observed, {.kind = Kind::Magnitude, .minimum = 4.5}).scale[1].item<double>(), 4.5);
        // Nothing seen and nothing known: finite all the same.
        QVERIFY(scaleSeries(series, observed, {.kind = Kind::Deviation}).values.isfinite().all().item<bool>());
    }

    void wrongShapesAreRefused() {
        QVERIFY_EXCEPTION_THROWN(scaleSeries(at::randn({2, 3}), {}, {}), ShapeError);
        QVERIFY_EXCEPTION_THROWN(scaleSeries(at::randn({2, 3, 4}), at::randn({2, 3}), {}), ShapeError);
    }
};

MASKSCOPE_TEST(TestSeries)
#include "tst_series.moc"
