#include "tensor/frequencies.h"

#include <cmath>
#include <numbers>

#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <QtTest>

#include "core/error.h"
#include "support/test_main.h"

using namespace maskscope;

class TestFrequencies : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aWaveIsTwoMirroredFrequencies() {
        const at::Tensor wave = at::arange(16, at::kFloat).mul(2.0 * std::numbers::pi * 3.0 / 16.0).cos().view({1, 1, 1, 16}).expand({1, 1, 8, 16});
        const at::Tensor strength = logAmplitude(spectrumOf(wave)).view({8, 16});
        QVERIFY(strength[4][8 + 3].item<double>() > 1.0 && strength[4][8 - 3].item<double>() > 1.0);
        QVERIFY(strength.sum().item<double>() - strength[4][11].item<double>() - strength[4][5].item<double>() < 1e-4);
    }

    void theInverseGivesTheImageBack() {
        const at::Tensor pixels = at::randn({2, 3, 6, 10});
        QVERIFY(at::allclose(imageOf(spectrumOf(pixels), 6, 10), pixels, 1e-4, 1e-5));
        QVERIFY(at::allclose(spectrumOf(pixels).square().sum(), pixels.square().sum(), 1e-4));  // orthonormal
    }

    void whatIsHiddenIsGoneAndTheRestIsThere() {
        const at::Tensor pixels = at::randn({2, 3, 8, 8});
        const at::Tensor hidden = withMirrored(at::randn({2, 64}).gt(0.5).to(at::kFloat), 8, 8);
        const at::Tensor left = spectrumOf(withoutFrequencies(pixels, hidden)), visible = hidden.lt(0.5).unsqueeze(-1);
        QVERIFY(at::allclose(left, spectrumOf(pixels).mul(visible), 1e-4, 1e-5));
        QVERIFY_THROWS_EXCEPTION(ShapeError, withoutFrequencies(pixels, at::zeros({2, 63})));
    }

    void aFrequencyIsHiddenWithItsMirrorImage() {
        const at::Tensor hidden = at::zeros({1, 8, 8});
        hidden[0][5][7].fill_(1.0);  // one down, three to the right of the lowest
        hidden[0][4][4].fill_(1.0);  // the lowest is its own
        const at::Tensor both = withMirrored(hidden.flatten(1, 2), 8, 8).view({8, 8});
        QCOMPARE(both.sum().item<double>(), 3.0);
        QCOMPARE(both[3][1].item<double>(), 1.0);
    }
};

MASKSCOPE_TEST(TestFrequencies)
#include "tst_frequencies.moc"
