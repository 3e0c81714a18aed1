// What losses say of each row alone, of order, and of the best answer that never looks at its sample.
#include <cmath>

#include <ATen/ops/allclose.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "core/random.h"
#include "core/toml.h"
#include "losses/loss.h"

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

std::unique_ptr<Loss> makeLoss(const std::string& toml) { return makeLossRegistry().make(parseToml(toml, "test.toml"), "loss", "kind"); }

at::Tensor drawn(const char* purpose, std::vector<std::int64_t> shape) {
    at::Tensor values = at::zeros(shape, at::kDouble);
    RandomStream stream(8, purpose);
    for (std::int64_t i = 0; i < values.numel(); ++i) values.mutable_data_ptr<double>()[i] = stream.normal();
    return values;
}

/// The loss of the constant answer to these targets, and of others near it.
double blindLoss(const Loss& loss, const at::Tensor& target, std::int64_t width, double shift = 0.0, std::int64_t place = 0) {
    const LossInput asked{at::zeros({target.size(0), target.size(1), width}, at::kFloat), target, {}};
    at::Tensor answer = loss.constantAnswer(loss.targetMean(asked)).clone();
    answer[place].add_(shift);
    return loss.compute({answer.expand({target.size(0), target.size(1), width}), target, {}}).item<double>();
}

}  // namespace

class TestConstantAnswers : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void noOtherConstantIsBetter_data() {
        QTest::addColumn<QString>("toml");
        QTest::newRow("mse") << "kind = 'mse'";
        QTest::newRow("cross-entropy") << "kind = 'cross_entropy'";
        QTest::newRow("iBOT") << "kind = 'ibot'";
        QTest::newRow("DINO") << "kind = 'dino'";
        QTest::newRow("MSN without a prior") << "kind = 'msn'\nprior_weight = 0.0\nsinkhorn = 0";
    }
    void noOtherConstantIsBetter() {
        QFETCH(QString, toml);
        const auto loss = makeLoss(toml.toStdString());
        QVERIFY(loss->hasConstantAnswer());
        at::Tensor target = drawn("target", {6, 4, 5}).mul(0.2).to(at::kFloat);
        target.select(2, 2).add_(0.1);
        if (loss->comparesCodes()) target = target.argmax(-1);
        const double best = blindLoss(*loss, target, 5);
        QVERIFY(std::isfinite(best));
        for (std::int64_t place = 0; place < 5; ++place)
            for (const double shift : {-0.02, 0.02}) QVERIFY(blindLoss(*loss, target, 5, shift, place) >= best - 1e-6);
    }

    void whoTellsNoSampleFromAnotherGuessesAmongAll() {
        const auto loss = makeLoss("kind = 'nt_xent'\ntemperature = 0.1");
        QVERIFY(loss->hasConstantAnswer());
        const at::Tensor target = drawn("target", {6, 1, 5});
        LossInput asked{at::zeros_like(target), target, {}};
        const auto cost = [&] { return loss->constantLoss(asked, at::zeros({5})).item<double>(); };
        QVERIFY(std::abs(cost() - std::log(2 * 6 - 1)) < 1e-12);
        asked.copies = 2;  // three samples under two masks each
        QVERIFY(std::abs(cost() - std::log(2 * 3 - 1)) < 1e-12);
        asked.copies = 1;
        asked.weight = at::tensor(std::vector<double>{1, 1, 0, 0, 1, 1}).view({6, 1});
        QVERIFY(std::abs(cost() - std::log(2 * 4 - 1)) < 1e-12);
        QVERIFY(!makeLoss("kind = 'koleo'")->hasConstantAnswer());
    }

    void rowsAverageToTheLoss() {
        const at::Tensor prediction = drawn("prediction", {3, 4, 5}), target = drawn("target", {3, 4, 5});
        for (const char* kind : {"mse", "l1"}) {
            const auto loss = makeLoss("kind = '" + std::string(kind) + "'");
            const at::Tensor rows = loss->ofRows({prediction, target, {}});
            QCOMPARE(rows.sizes().vec(), (std::vector<std::int64_t>{3, 4}));
            QVERIFY(at::allclose(rows.mean(), loss->compute({prediction, target, {}})));
        }
        QVERIFY(!makeLoss("kind = 'ibot'")->ofRows({prediction, target, {}}).defined());
    }

    void orderCountsAndValuesDoNot() {
        const auto loss = makeLoss("kind = 'ranking'");
        const at::Tensor target = at::tensor(std::vector<double>{0.1, 0.5, 0.2, 0.9}).view({1, 4, 1});
        const auto cost = [&](const std::vector<double>& prediction, const at::Tensor& weight = {}) {
            return loss->compute({at::tensor(prediction).view({1, 4, 1}), target, weight}).item<double>();
        };
        QVERIFY(std::abs(cost({3, 3, 3, 3}) - std::log(2.0)) < 1e-12);
        QVERIFY(cost({-9, 3, -4, 20}) < 0.01);  // the right order, other values
        QVERIFY(cost({9, -3, 4, -20}) > 5.0);   // the wrong one
        QVERIFY(std::abs(cost({-9, 3, -4, 20}) - cost({91, 103, 96, 120})) < 1e-9);
        const double pair = std::log1p(std::exp(-(1.0 - 0.25)));  // rows 1 and 2 alone
        QVERIFY(std::abs(cost({7, 1.0, 0.25, -8}, at::tensor(std::vector<double>{0, 1, 1, 0}).view({1, 4})) - pair) < 1e-12);
        const at::Tensor equal = at::zeros({1, 4, 1}, at::kDouble);
        QCOMPARE(loss->compute({drawn("p", {1, 4, 1}), equal, {}}).item<double>(), 0.0);
    }
};

MASKSCOPE_TEST(TestConstantAnswers)
#include "tst_constant_answers.moc"
