#include "losses/cross_entropy_loss.h"

#include <cmath>

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/error.h"
#include "core/random.h"

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

at::Tensor drawnLogits(std::int64_t rows, std::int64_t codes) {
    at::Tensor tensor = at::zeros({2, rows, codes}, at::kDouble);
    RandomStream stream(3, "logits");
    for (std::int64_t i = 0; i < tensor.numel(); ++i) tensor.mutable_data_ptr<double>()[i] = 2 * stream.normal();
    return tensor;
}

at::Tensor codesOf(const std::vector<std::int64_t>& codes) { return at::tensor(codes, at::kLong).view({2, -1}); }

/// -log softmax by the definition.
double surprise(const at::Tensor& logits, std::int64_t code) {
    double sum = 0;
    for (std::int64_t i = 0; i < logits.numel(); ++i) sum += std::exp(logits[i].item<double>());
    return std::log(sum) - logits[code].item<double>();
}

}  // namespace

class TestCrossEntropyLoss : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void equalsItsDefinition() {
        const at::Tensor logits = drawnLogits(3, 7);
        const std::vector<std::int64_t> codes{0, 6, 3, 3, 1, 5};
        double sum = 0, weighted = 0;
        for (std::int64_t i = 0; i < 6; ++i) {
            const double each = surprise(logits[i / 3][i % 3], codes[static_cast<std::size_t>(i)]);
            sum += each;
            weighted += i == 1 || i == 4 ? 0 : each;
        }
        const CrossEntropyLoss loss({});
        QVERIFY(std::abs(loss.compute({logits, codesOf(codes), {}}).item<double>() - sum / 6) < 1e-12);
        const at::Tensor weight = at::tensor(std::vector<float>{1, 0, 1, 1, 0, 1}).view({2, 3});
        QVERIFY(std::abs(loss.compute({logits, codesOf(codes), weight}).item<double>() - weighted / 4) < 1e-12);
    }

    void ignoranceCostsTheLogarithmOfTheCodes() {
        const at::Tensor logits = at::zeros({2, 2, 11}, at::kDouble);
        QVERIFY(std::abs(CrossEntropyLoss({}).compute({logits, codesOf({0, 10, 4, 5}), {}}).item<double>() - std::log(11.0)) < 1e-12);
    }

    void smoothingMixesInTheUniformDistribution() {
        const at::Tensor logits = drawnLogits(1, 5);
        double uniform = 0, hard = 0;
        for (std::int64_t row = 0; row < 2; ++row) {
            hard += surprise(logits[row][0], 2) / 2;
            for (std::int64_t code = 0; code < 5; ++code) uniform += surprise(logits[row][0], code) / 10;
        }
        const double value = CrossEntropyLoss({.smoothing = 0.1}).compute({logits, codesOf({2, 2}), {}}).item<double>();
        QVERIFY(std::abs(value - (0.9 * hard + 0.1 * uniform)) < 1e-12);
    }

    void noWeightGivesZero() {
        const at::Tensor weight = at::zeros({2, 3}, at::kFloat);
        QCOMPARE(CrossEntropyLoss({}).compute({drawnLogits(3, 7), codesOf({0, 1, 2, 3, 4, 5}), weight}).item<double>(), 0.0);
    }

    void gradientsAgreeWithFiniteDifferences() {
        at::Tensor logits = drawnLogits(2, 4).set_requires_grad(true);
        const at::Tensor codes = codesOf({3, 0, 1, 1}), weight = at::tensor(std::vector<float>{1, 2, 0, 1}).view({2, 2});
        const CrossEntropyLoss loss({.smoothing = 0.05});
        loss.compute({logits, codes, weight}).backward();
        const at::Tensor gradient = logits.grad().clone();
        at::Tensor values = logits.detach();
        for (std::int64_t i = 0; i < values.numel(); ++i) {
            double* value = values.mutable_data_ptr<double>() + i;
            const double before = *value, h = 1e-5;
            *value = before + h;
            const double above = loss.compute({values, codes, weight}).item<double>();
            *value = before - h;
            const double below = loss.compute({values, codes, weight}).item<double>();
            *value = before;
            QVERIFY(std::abs(gradient.const_data_ptr<double>()[i] - (above - below) / (2 * h)) < 1e-8);
        }
    }

    void otherShapesAreRefused_data() {
        QTest::addColumn<int>("which");
        QTest::newRow("codes as numbers with a fraction") << 0;
        QTest::newRow("a code too few") << 1;
        QTest::newRow("vectors") << 2;
    }
    void otherShapesAreRefused() {
        QFETCH(int, which);
        const at::Tensor logits = drawnLogits(3, 7);
        const at::Tensor target = which == 0 ? codesOf({0, 1, 2, 3, 4, 5}).to(at::kDouble) : which == 1 ? codesOf({0, 1, 2, 3}) : logits;
        QVERIFY_THROWS_EXCEPTION(ShapeError, CrossEntropyLoss({}).compute({logits, target, {}}));
    }
};

MASKSCOPE_TEST(TestCrossEntropyLoss)
#include "tst_cross_entropy_loss.moc"
