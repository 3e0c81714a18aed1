#include "losses/frequency_loss.h"

#include <cmath>

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "support/test_main.h"

using namespace maskscope;

class TestFrequencyLoss : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void distancesAreThoseOfComplexNumbers() {
        const at::Tensor target = at::zeros({1, 2, 4}), prediction = at::tensor({3.0, 4.0, 0.0, 1.0, 0.0, 0.0, 6.0, 8.0}).view({1, 2, 4});
        const auto lossOf = [&](double gamma, const at::Tensor& weight) {
            return FrequencyLoss({.gamma = gamma}).compute({prediction, target.to(at::kDouble), weight}).item<double>();
        };
        QVERIFY(std::abs(lossOf(1.0, {}) - (5.0 + 1.0 + 0.0 + 10.0) / 4.0) < 1e-5);
        QVERIFY(std::abs(lossOf(2.0, {}) - (25.0 + 1.0 + 0.0 + 100.0) / 4.0) < 1e-5);
        QVERIFY(std::abs(lossOf(1.0, at::tensor({1.0, 0.0}).view({1, 2})) - 3.0) < 1e-5);
    }

    void anExactAnswerHasAFiniteGradient() {
        const at::Tensor prediction = at::ones({1, 3, 2}).requires_grad_();
        FrequencyLoss({}).compute({prediction, at::ones({1, 3, 2}), {}}).backward();
        QVERIFY(prediction.grad().isfinite().all().item<bool>());
    }

    void rowsThatAreNoPairsAreRefused() {
        QVERIFY_THROWS_EXCEPTION(ShapeError, FrequencyLoss({}).compute({at::ones({1, 2, 3}), at::ones({1, 2, 3}), {}}));
        QVERIFY_THROWS_EXCEPTION(ShapeError, FrequencyLoss({}).compute({at::ones({1, 2, 2}), at::ones({1, 2, 4}), {}}));
    }
};

MASKSCOPE_TEST(TestFrequencyLoss)
#include "tst_frequency_loss.moc"
