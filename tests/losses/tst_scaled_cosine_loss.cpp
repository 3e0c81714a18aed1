#include "losses/loss.h"

#include <cmath>

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/error.h"
#include "core/toml.h"

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

std::unique_ptr<Loss> scaledCosine(double gamma) {
    Value table;
    table.set("kind", "scaled_cosine");
    table.set("gamma", gamma);
    return makeLossRegistry().make(table, "loss", "kind");
}

at::Tensor vectors(const std::vector<double>& values) { return at::tensor(values).view({1, -1, 2}); }

}  // namespace

class TestScaledCosineLoss : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void closedForm_data() {
        QTest::addColumn<double>("gamma");
        for (const double gamma : {1.0, 1.5, 2.0, 3.0}) QTest::addRow("gamma %g", gamma) << gamma;
    }
    void closedForm() {
        QFETCH(double, gamma);
        // Angles of 45, 180, 0 and 90 degrees, of any length.
        const at::Tensor prediction = vectors({3, 3, -7, 0, 0, 2, 0, -1}), target = vectors({0, 9, 0.1, 0, 0, 5, 1, 0});
        const double expected = (std::pow(1 - std::sqrt(0.5), gamma) + std::pow(2.0, gamma) + 0.0 + 1.0) / 4;
        QVERIFY(std::abs(scaledCosine(gamma)->compute({prediction, target, {}}).item<double>() - expected) < 1e-12);
        const at::Tensor weight = at::tensor(std::vector<double>{1, 0, 0, 3}).view({1, 4});
        const double weighted = (std::pow(1 - std::sqrt(0.5), gamma) + 3.0) / 4;
        QVERIFY(std::abs(scaledCosine(gamma)->compute({prediction, target, weight}).item<double>() - weighted) < 1e-12);
    }

    void lengthDoesNotCount() {
        const at::Tensor prediction = vectors({3, 1, -1, 4}), target = vectors({1, 2, 2, 1});
        const double straight = scaledCosine(2)->compute({prediction, target, {}}).item<double>();
        const double longer = scaledCosine(2)->compute({prediction.mul(1e3), target.mul(1e-3), {}}).item<double>();
        QVERIFY(std::abs(straight - longer) < 1e-12);
    }

    void parallelVectorsCostNothingAndGiveAFiniteGradient() {
        for (const auto type : {at::kFloat, at::kDouble}) {
            const at::Tensor prediction = vectors({0.3, 0.7, 1e-3, 5}).to(type).requires_grad_();
            const at::Tensor loss = scaledCosine(1.5)->compute({prediction, prediction.detach().mul(2.0), {}});
            loss.backward();
            QVERIFY(loss.item<double>() >= 0 && loss.item<double>() < 1e-9);
            QVERIFY(prediction.grad().isfinite().all().item<bool>());
        }
    }

    void zerosHaveNoDirection() {
        const at::Tensor prediction = vectors({0, 0, 1, 0}).requires_grad_(), target = vectors({1, 0, 0, 0});
        const at::Tensor loss = scaledCosine(2)->compute({prediction, target, {}});
        loss.backward();
        QVERIFY(std::abs(loss.item<double>() - 1.0) < 1e-12);
        QVERIFY(prediction.grad().isfinite().all().item<bool>());
    }

    void gammaBelowOneIsRefused() { QVERIFY_EXCEPTION_THROWN(scaledCosine(0.5), RecipeError); }
};

MASKSCOPE_TEST(TestScaledCosineLoss)
#include "tst_scaled_cosine_loss.moc"
