#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "losses/hinge_loss.h"
#include "losses/vq_loss.h"
#include "support/test_main.h"

using namespace maskscope;

/// The losses of a tokenizer that is trained against a discriminator.
class TestAdversarialLosses : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aJudgePaysForVerdictsWithinTheMargin() {
        const HingeLoss judge({.bounded = true});
        const at::Tensor verdicts = at::tensor({-2.0F, 0.5F, 3.0F}).view({1, 3, 1}), labels = at::ones({1, 3, 1});
        QVERIFY(at::allclose(judge.ofRows({verdicts, labels, {}}), at::tensor({3.0F, 0.5F, 0.0F}).view({1, 3})));
        QVERIFY(at::allclose(judge.ofRows({verdicts, -labels, {}}), at::tensor({0.0F, 1.5F, 4.0F}).view({1, 3})));
    }
    void whoIsJudgedWantsEveryVerdictHigher() {
        const HingeLoss judged({.bounded = false});
        const at::Tensor verdicts = at::randn({2, 3, 1}).requires_grad_(), labels = at::ones({2, 3, 1});
        judged.compute({verdicts, labels, {}}).backward();
        QVERIFY(at::allclose(verdicts.grad(), at::full({2, 3, 1}, -1.0 / 6.0)));
    }
    void theTwoSidesPullOppositeWays() {
        at::Tensor verdicts = at::zeros({1, 4, 1}).requires_grad_();
        HingeLoss({.bounded = true}).compute({verdicts, at::full({1, 4, 1}, -1.0), {}}).backward();
        const at::Tensor judges = verdicts.grad().clone();
        verdicts.mutable_grad().zero_();
        HingeLoss({.bounded = false}).compute({verdicts, at::ones({1, 4, 1}), {}}).backward();
        QVERIFY(judges.gt(0).all().item<bool>());
        QVERIFY(at::allclose(judges, -verdicts.grad()));
    }
    void distancesCountAtTheirCodes() {
        const at::Tensor distances = at::rand({2, 3, 5}), codes = distances.argmin(-1), weight = at::rand({2, 3});
        const at::Tensor nearest = distances.amin(-1);
        QVERIFY(at::allclose(VqLoss({}).ofRows({-distances, codes, {}}), nearest));
        const at::Tensor expected = (nearest * weight).sum() / weight.sum();
        QVERIFY(at::allclose(VqLoss({}).compute({-distances, codes, weight}), expected));
    }
    void wrongShapesAreRefused() {
        QVERIFY_EXCEPTION_THROWN(VqLoss({}).compute({at::rand({2, 3, 5}), at::rand({2, 3}), {}}), ShapeError);
        QVERIFY_EXCEPTION_THROWN(HingeLoss({}).compute({at::rand({2, 3, 1}), at::rand({2, 4, 1}), {}}), ShapeError);
    }
};

MASKSCOPE_TEST(TestAdversarialLosses)
#include "tst_adversarial_losses.moc"
