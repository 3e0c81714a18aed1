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
    /// Eight heaps of latents and eight entries that all lie near the first heap: without a floor some end with a latent or two.
    void neglectedEntriesComeIntoUse_data() {
        QTest::addColumn<double>("floor");
        QTest::addColumn<bool>("reached");
        QTest::newRow("no floor") << 0.0 << false;
        QTest::newRow("half an even share") << 0.5 << true;
    }
    void neglectedEntriesComeIntoUse() {
        QFETCH(double, floor);
        QFETCH(bool, reached);
        at::manual_seed(3);
        const at::Tensor corners =
            at::tensor({0.F, 0.F, 0.F, 1.F, 0.F, 0.F, 0.F, 1.F, 0.F, 1.F, 1.F, 0.F, 0.F, 0.F, 1.F, 1.F, 0.F, 1.F, 0.F, 1.F, 1.F, 1.F, 1.F, 1.F});
        const at::Tensor latents = (4 * corners.view({8, 1, 3}) + 0.1 * at::randn({8, 16, 3})).view({1, 128, 3});
        const at::Tensor entries = (0.1 * at::randn({8, 3})).requires_grad_();
        const auto distances = [&] { return (latents.unsqueeze(2) - entries).square().sum(-1); };
        torch::optim::SGD optimizer({entries}, 0.5);
        for (int step = 0; step < 200; ++step) {
            optimizer.zero_grad();
            const at::Tensor found = distances();
            VqLoss({.floor = floor}).compute({-found, found.argmin(-1), {}}).backward();
            optimizer.step();
        }
        const at::Tensor counts = at::bincount(distances().argmin(-1).flatten(), {}, 8);
        QCOMPARE(counts.min().item<std::int64_t>() >= 8, reached);  // half of an even share
    }
    void wrongShapesAreRefused() {
        QVERIFY_EXCEPTION_THROWN(VqLoss({}).compute({at::rand({2, 3, 5}), at::rand({2, 3}), {}}), ShapeError);
        QVERIFY_EXCEPTION_THROWN(HingeLoss({}).compute({at::rand({2, 3, 1}), at::rand({2, 4, 1}), {}}), ShapeError);
    }
};

MASKSCOPE_TEST(TestAdversarialLosses)
#include "tst_adversarial_losses.moc"
