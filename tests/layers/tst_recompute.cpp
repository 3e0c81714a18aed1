#include "layers/recompute.h"

#include <torch/torch.h>

#include <QtTest>

#include "layers/fused_block.h"
#include "layers/noise.h"
#include "layers/transformer.h"
#include "support/test_main.h"
#include "tensor/autocast.h"

using namespace maskscope;

namespace {

struct Passed {
    at::Tensor output;
    std::vector<at::Tensor> gradients;  // of the input, then of the parameters
};

Passed pass(Transformer& stack, const at::Tensor& given, bool recomputes, const std::string& precision = "fp32") {
    const RecomputeScope scope(recomputes);
    const NoiseScope noise(RandomStream(7, "noise"));
    const at::Tensor x = given.detach().clone().requires_grad_();
    std::vector<at::Tensor> learning{x};
    for (const at::Tensor& parameter : stack.parameters()) learning.push_back(parameter);
    Features features;
    Passed passed;
    {
        const Autocast autocast(precision, c10::Device(c10::kCPU));
        passed.output = stack.forward(x, {}, {}, features);
    }
    passed.gradients = torch::autograd::grad({passed.output.square().sum()}, learning, {}, std::nullopt, false, /*allow_unused=*/true);
    return passed;
}

void compare(const Passed& one, const Passed& other) {
    QVERIFY(at::equal(one.output, other.output));
    QCOMPARE(one.gradients.size(), other.gradients.size());
    for (std::size_t i = 0; i < one.gradients.size(); ++i) {
        QCOMPARE(one.gradients[i].defined(), other.gradients[i].defined());
        if (one.gradients[i].defined()) QVERIFY2(at::equal(one.gradients[i], other.gradients[i]), qPrintable(QString::number(i)));
    }
}

}  // namespace

/// Blocks that compute their insides again against blocks that keep them: the same bits.
class TestRecompute : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void equalsKeeping_data() {
        QTest::addColumn<double>("dropPath");
        QTest::addColumn<QString>("precision");
        QTest::newRow("plain") << 0.0 << QStringLiteral("fp32");
        QTest::newRow("samples that skip branches by chance") << 0.6 << QStringLiteral("fp32");
        QTest::newRow("autocast") << 0.0 << QStringLiteral("bf16");
    }
    void equalsKeeping() {
        QFETCH(double, dropPath);
        QFETCH(QString, precision);
        torch::manual_seed(1);
        Transformer stack({.width = 16, .depth = 3, .heads = 2, .dropPath = dropPath});
        stack.train();
        const at::Tensor x = at::randn({5, 7, 16});
        compare(pass(stack, x, true, precision.toStdString()), pass(stack, x, false, precision.toStdString()));
    }

    void nothingButTheInputIsKept() {
        torch::manual_seed(1);
        Transformer stack({.width = 16, .depth = 1, .heads = 2});
        const auto insides = [&](bool recomputes) {
            const RecomputeScope scope(recomputes);
            Features features;
            const at::Tensor y = stack.forward(at::randn({2, 5, 16}).requires_grad_(), {}, {}, features);
            return y.grad_fn()->name();
        };
        QVERIFY2(insides(true).find("Recomputed") != std::string::npos, insides(true).c_str());
        QVERIFY2(insides(false).find("Recomputed") == std::string::npos, insides(false).c_str());
    }

    void withoutABackwardPassNothingIsWrapped() {
        const RecomputeScope scope(true);
        const at::NoGradGuard noGrad;
        Transformer stack({.width = 16, .depth = 1, .heads = 2});
        Features features;
        QVERIFY(!stack.forward(at::randn({2, 5, 16}), {}, {}, features).requires_grad());
    }
};

MASKSCOPE_TEST(TestRecompute)
#include "tst_recompute.moc"
