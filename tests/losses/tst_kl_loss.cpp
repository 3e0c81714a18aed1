#include "losses/kl_loss.h"

#include <cmath>

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kCodes = 7;

at::Tensor even() { return at::full({2, 4, kCodes}, 1.0 / kCodes); }
at::Tensor sureOfTheFirst(double logit) { return at::one_hot(at::zeros({2, 4}, at::kLong), kCodes).to(at::kFloat) * logit; }

}  // namespace

class TestKlLoss : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void evenCodesCostNothingAndOneCodeTheLogarithm() {
        const KlLoss loss({});
        QVERIFY(std::abs(loss.compute({at::zeros({2, 4, kCodes}), even(), {}}).item<double>()) < 1e-6);
        QVERIFY(std::abs(loss.compute({sureOfTheFirst(100.0), even(), {}}).item<double>() - std::log(double{kCodes})) < 1e-5);
    }
    void itIsTheMeanLogarithmOfTheRatio() {
        const at::Tensor logits = at::randn({2, 4, kCodes}), target = at::randn({2, 4, kCodes}).softmax(-1), p = logits.softmax(-1);
        const at::Tensor each = (p * (p.log() - target.log())).sum(-1), weight = at::rand({2, 4});
        QVERIFY(std::abs(KlLoss({}).compute({logits, target, weight}).item<double>() - ((each * weight).sum() / weight.sum()).item<double>()) < 1e-5);
        QVERIFY(std::abs(KlLoss({}).compute({target.log(), target, {}}).item<double>()) < 1e-6);
    }
    void itDrawsASureTokenizerTowardsOtherCodes() {
        const at::Tensor logits = sureOfTheFirst(3.0).requires_grad_();
        KlLoss({}).compute({logits, even(), {}}).backward();
        QVERIFY(logits.grad().select(-1, 0).gt(0).all().item<bool>());  // a step down makes the favourite less likely
        QVERIFY(logits.grad().narrow(-1, 1, kCodes - 1).lt(0).all().item<bool>());
    }
    void overTheBatchSureRowsMayDiffer() {
        const KlLoss loss({.overBatch = true});
        QVERIFY(loss.acrossBatch() && !KlLoss({}).acrossBatch());
        const at::Tensor each = at::one_hot(at::arange(kCodes), kCodes).to(at::kFloat).mul(100.0).unsqueeze(0);  // every code once
        QVERIFY(std::abs(loss.compute({each, at::full({1, kCodes, kCodes}, 1.0 / kCodes), {}}).item<double>()) < 1e-5);
        QVERIFY(std::abs(loss.compute({sureOfTheFirst(100.0), even(), {}}).item<double>() - std::log(double{kCodes})) < 1e-5);
        // A row that does not count changes nothing.
        const at::Tensor weight = at::ones({1, kCodes}), fewer = at::ones({1, kCodes - 1});
        weight[0][kCodes - 1] = 0.0;
        const at::Tensor q = at::full({1, kCodes, kCodes}, 1.0 / kCodes);
        QVERIFY(std::abs(loss.compute({each, q, weight}).item<double>() -
                         loss.compute({each.narrow(1, 0, kCodes - 1), q.narrow(1, 0, kCodes - 1), fewer}).item<double>()) < 1e-6);
    }
    void impossibleTargetsAreNotNaN() {
        const at::Tensor logits = at::randn({2, 4, kCodes}).requires_grad_();
        const at::Tensor cost = KlLoss({}).compute({logits, at::zeros({2, 4, kCodes}), {}});
        cost.backward();
        QVERIFY(std::isfinite(cost.item<double>()) && logits.grad().isfinite().all().item<bool>());
        QVERIFY_EXCEPTION_THROWN(KlLoss({}).compute({logits, at::zeros({2, 4, 3}), {}}), ShapeError);
    }
};

MASKSCOPE_TEST(TestKlLoss)
#include "tst_kl_loss.moc"
