#include "losses/loss.h"

#include <cmath>

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/error.h"
#include "core/random.h"
#include "core/toml.h"

#include <QtTest>
#include <set>

#include "support/test_main.h"

using namespace maskscope;

namespace {

std::unique_ptr<Loss> makeLoss(const std::string& toml) { return makeLossRegistry().make(parseToml(toml, "test.toml"), "loss", "kind"); }

at::Tensor drawnTensor(std::vector<std::int64_t> shape, const char* purpose) {
    at::Tensor tensor = at::zeros(shape, at::kDouble);
    RandomStream stream(11, purpose);
    for (std::int64_t i = 0; i < tensor.numel(); ++i) tensor.mutable_data_ptr<double>()[i] = stream.normal();
    return tensor;
}

/// Two rows of two values: differences (1, -3) and (0.5, 0).
LossInput example() {
    return {at::tensor(std::vector<double>{2, -1, 1.5, 4}).view({1, 2, 2}), at::tensor(std::vector<double>{1, 2, 1, 4}).view({1, 2, 2}), {}};
}

/// Losses whose predictions are not of the kind of their targets, with tests of their own: an order, logits of a distribution or of masks, verdicts.
const std::set<std::string> kOfTheirOwn{"ranking", "kl", "hinge", "sparsity"};

void addLosses() {
    QTest::addColumn<QByteArray>("toml");
    const LossRegistry registry = makeLossRegistry();
    for (const auto& entry : registry.entries())
        if (const auto loss = makeLoss("kind = '" + entry.name + "'");
            !loss->comparesCodes() && !loss->acrossBatch() && !kOfTheirOwn.contains(entry.name))
            QTest::newRow(entry.name.c_str()) << QByteArray::fromStdString("kind = '" + entry.name + "'");
    QTest::newRow("smooth_l1 of beta 0.1") << QByteArray("kind = 'smooth_l1'\nbeta = 0.1");
}

}  // namespace

class TestLosses : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void closedForms_data() {
        QTest::addColumn<QByteArray>("toml");
        QTest::addColumn<double>("firstRow");
        QTest::addColumn<double>("secondRow");
        QTest::newRow("mse") << QByteArray("kind = 'mse'") << (1.0 + 9.0) / 2 << 0.25 / 2;
        QTest::newRow("l1") << QByteArray("kind = 'l1'") << (1.0 + 3.0) / 2 << 0.5 / 2;
        QTest::newRow("smooth_l1 of beta 1") << QByteArray("kind = 'smooth_l1'") << (0.5 + 2.5) / 2 << 0.125 / 2;
        QTest::newRow("smooth_l1 of beta 2") << QByteArray("kind = 'smooth_l1'\nbeta = 2.0") << (0.25 + 2.0) / 2 << 0.0625 / 2;
    }
    void closedForms() {
        QFETCH(QByteArray, toml);
        QFETCH(double, firstRow);
        QFETCH(double, secondRow);
        const auto loss = makeLoss(toml.toStdString());
        LossInput input = example();
        const auto value = [&] { return loss->compute(input).item<double>(); };
        QVERIFY(std::abs(value() - (firstRow + secondRow) / 2) < 1e-12);
        input.weight = at::tensor(std::vector<float>{1, 0}).view({1, 2});
        QVERIFY(std::abs(value() - firstRow) < 1e-12);
        input.weight = at::tensor(std::vector<float>{1, 3}).view({1, 2});
        QVERIFY(std::abs(value() - (firstRow + 3 * secondRow) / 4) < 1e-12);
        QCOMPARE(loss->compute(input).dim(), std::int64_t{0});
        QVERIFY(!loss->acrossBatch());
    }

    void perfectPredictionCostsNothing_data() { addLosses(); }
    void perfectPredictionCostsNothing() {
        QFETCH(QByteArray, toml);
        const at::Tensor target = drawnTensor({2, 3, 4}, "target");
        QCOMPARE(makeLoss(toml.toStdString())->compute({target.clone(), target, {}}).item<double>(), 0.0);
    }

    void noWeightGivesZero_data() { addLosses(); }
    void noWeightGivesZero() {
        QFETCH(QByteArray, toml);
        const auto loss = makeLoss(toml.toStdString());
        for (const auto type : {at::kFloat, at::kDouble}) {
            const at::Tensor prediction = drawnTensor({2, 3, 4}, "prediction").to(type).requires_grad_();
            const at::Tensor value = loss->compute({prediction, drawnTensor({2, 3, 4}, "target").to(type), at::zeros({2, 3})});
            QCOMPARE(value.item<double>(), 0.0);
            value.backward();
            QVERIFY(at::equal(prediction.grad(), at::zeros({2, 3, 4}, type)));
        }
        QCOMPARE(loss->compute({at::zeros({2, 0, 4}), at::zeros({2, 0, 4}), at::zeros({2, 0})}).item<double>(), 0.0);
        QCOMPARE(loss->compute({at::zeros({2, 0, 4}), at::zeros({2, 0, 4}), {}}).item<double>(), 0.0);
    }

    void gradientIsTheSlope_data() { addLosses(); }
    void gradientIsTheSlope() {
        QFETCH(QByteArray, toml);
        const auto loss = makeLoss(toml.toStdString());
        const at::Tensor target = drawnTensor({2, 3, 4}, "target"), weight = drawnTensor({2, 3}, "weight").abs();
        const at::Tensor prediction = drawnTensor({2, 3, 4}, "prediction").requires_grad_();
        loss->compute({prediction, target, weight}).backward();
        const double step = 1e-6;
        for (std::int64_t i = 0; i < prediction.numel(); ++i) {
            const auto moved = [&](double distance) {
                const at::Tensor other = prediction.detach().clone();
                other.mutable_data_ptr<double>()[i] += distance;
                return loss->compute({other, target, weight}).item<double>();
            };
            const double slope = (moved(step) - moved(-step)) / (2 * step), gradient = prediction.grad().const_data_ptr<double>()[i];
            QVERIFY2(std::abs(slope - gradient) < 1e-7 * std::max(1.0, std::abs(slope)),
                     qPrintable(QString("%1: %2, %3").arg(i).arg(slope).arg(gradient)));
        }
    }

    void orderOfSamplesDoesNotMatter_data() { addLosses(); }
    void orderOfSamplesDoesNotMatter() {
        QFETCH(QByteArray, toml);
        const auto loss = makeLoss(toml.toStdString());
        const at::Tensor prediction = drawnTensor({2, 3, 4}, "prediction"), target = drawnTensor({2, 3, 4}, "target"),
                         weight = drawnTensor({2, 3}, "weight").abs();
        const double straight = loss->compute({prediction, target, weight}).item<double>();
        const double turned = loss->compute({prediction.flip({0, 1}), target.flip({0, 1}), weight.flip({0, 1})}).item<double>();
        QVERIFY(std::abs(straight - turned) < 1e-12);
        QVERIFY(straight > 0);
    }

    void wrongShapesAreRefused_data() { addLosses(); }
    void wrongShapesAreRefused() {
        QFETCH(QByteArray, toml);
        const auto loss = makeLoss(toml.toStdString());
        QVERIFY_EXCEPTION_THROWN(loss->compute({at::zeros({2, 3, 4}), at::zeros({2, 3, 5}), {}}), ShapeError);
        QVERIFY_EXCEPTION_THROWN(loss->compute({at::zeros({2, 3, 4}), at::zeros({2, 1, 4}), {}}), ShapeError);
        QVERIFY_EXCEPTION_THROWN(loss->compute({at::zeros({2, 3}), at::zeros({2, 3}), {}}), ShapeError);
        QVERIFY_EXCEPTION_THROWN(loss->compute({at::zeros({2, 3, 4}), at::zeros({2, 3, 4}), at::zeros({2, 4})}), ShapeError);
    }

    void wrongSettingsAreRefused() {
        QVERIFY_EXCEPTION_THROWN(makeLoss("kind = 'smooth_l1'\nbeta = 0.0"), RecipeError);
        QVERIFY_EXCEPTION_THROWN(makeLoss("kind = 'mse'\nbeta = 1.0"), RecipeError);
    }
};

MASKSCOPE_TEST(TestLosses)
#include "tst_losses.moc"
