#include <cmath>
#include <numbers>

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/error.h"
#include "core/random.h"
#include "core/toml.h"
#include "losses/loss.h"

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

double valueOf(const at::Tensor& logits, const at::Tensor& weight = {}) {
    return makeLossRegistry().make(parseToml("kind = 'sparsity'", "t"), "loss", "kind")->compute({logits, {}, weight}).item<double>();
}

/// Logits of two masks, of which the first hides a share of every place. @return [1, 10, 2]
at::Tensor sharing(double share) {
    at::Tensor logits = at::zeros({1, 10, 2}, at::kDouble);
    logits.select(2, 0).fill_(std::log(share / (1.0 - share)));
    return logits;
}

}  // namespace

class TestSparsityLoss : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void isOneOverTheSineOfTheShare() {
        for (const double share : {0.1, 0.3, 0.5, 0.8}) QVERIFY(std::abs(valueOf(sharing(share)) - 1.0 / std::sin(std::numbers::pi * share)) < 1e-6);
        QVERIFY(std::abs(valueOf(at::zeros({2, 7, 4}, at::kDouble)) - std::numbers::sqrt2) < 1e-6);  // four masks that share evenly: 1 / sin(pi / 4)
    }

    void hidingEverythingOrNothingIsForbidden() {
        const double half = valueOf(sharing(0.5)), most = valueOf(sharing(0.99)), all = valueOf(sharing(1.0 - 1e-9));
        QVERIFY(half < 1.0 + 1e-6);
        QVERIFY(most > 30.0 * half);
        QVERIFY(all > 1e6 * half);
    }

    void theShareCountsNotThePlaces() {
        at::Tensor sharp = at::zeros({1, 10, 2}, at::kDouble);  // half of the places wholly each
        sharp.narrow(1, 0, 5).select(2, 0).fill_(50.0);
        sharp.narrow(1, 5, 5).select(2, 1).fill_(50.0);
        QVERIFY(std::abs(valueOf(sharp) - 1.0) < 1e-6);
    }

    void paddingDoesNotCount() {
        at::Tensor logits = sharing(0.3), weight = at::ones({1, 10}, at::kDouble);
        logits.narrow(1, 6, 4).select(2, 0).fill_(40.0);
        weight.narrow(1, 6, 4).fill_(0.0);
        QVERIFY(std::abs(valueOf(logits, weight) - valueOf(sharing(0.3))) < 1e-6);
    }

    void otherShapesAreRefused() { QVERIFY_EXCEPTION_THROWN(valueOf(at::zeros({3, 4})), ShapeError); }

    void slopesAreThoseOfFiniteDifferences() {
        RandomStream stream(3, "logits");
        at::Tensor logits = at::zeros({2, 3, 3}, at::kDouble);
        for (std::int64_t i = 0; i < logits.numel(); ++i) logits.mutable_data_ptr<double>()[i] = stream.normal();
        logits.requires_grad_(true);
        makeLossRegistry().make(parseToml("kind = 'sparsity'", "t"), "loss", "kind")->compute({logits, {}, {}}).backward();
        constexpr double kShift = 1e-5;
        for (std::int64_t i = 0; i < logits.numel(); ++i) {
            const at::Tensor above = logits.detach().clone(), below = logits.detach().clone();
            above.view(-1)[i] += kShift;
            below.view(-1)[i] -= kShift;
            const double expected = (valueOf(above) - valueOf(below)) / (2 * kShift);
            QVERIFY(std::abs(expected - logits.grad().view(-1)[i].item<double>()) < 1e-6);
        }
    }
};

MASKSCOPE_TEST(TestSparsityLoss)
#include "tst_sparsity_loss.moc"
