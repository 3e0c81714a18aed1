#include "core/error.h"
#include "core/param_reader.h"
#include "core/toml.h"
#include "training/optimizer.h"

#include <torch/torch.h>

#include <QtTest>

#include <cmath>
#include <limits>

#include "support/test_main.h"

using namespace maskscope;

namespace {

at::Tensor parameter(at::Tensor value) { return value.detach().clone(at::MemoryFormat::Preserve).set_requires_grad(true); }

void setGrad(const at::Tensor& tensor, const at::Tensor& gradient) { tensor.mutable_grad() = gradient; }

bool same(const at::Tensor& a, const at::Tensor& b) { return a.sizes() == b.sizes() && a.scalar_type() == b.scalar_type() && at::equal(a, b); }

/// The textbook's formula, element by element in double.
struct Textbook {
    double value, m = 0.0, v = 0.0;
    int t = 0;
    void step(const AdamW::Params& p, double lr, double wd, double g) {
        ++t;
        value -= lr * wd * value;
        m = p.beta1 * m + (1.0 - p.beta1) * g;
        v = p.beta2 * v + (1.0 - p.beta2) * g * g;
        value -= lr * (m / (1.0 - std::pow(p.beta1, t))) / (std::sqrt(v / (1.0 - std::pow(p.beta2, t))) + p.eps);
    }
};

}  // namespace

class TestOptimizer : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void equalsTheTextbook_data();
    void equalsTheTextbook();
    void gradientsInAnotherLayoutCount();
    void parametersWithoutGradientStay();
    void clippingScalesToTheGlobalNorm();
    void clippingShowsWhatIsNotFinite();
    void savedStateGoesOnBitForBit();
    void refusesAnotherModelsState_data();
    void refusesAnotherModelsState();
    void decayIsForMatricesOnly();
    void layersDecayGeometrically();
    void readsItsSettings();
    void zeroGradDropsGradients();
};

void TestOptimizer::equalsTheTextbook_data() {
    QTest::addColumn<bool>("inDouble");
    QTest::newRow("float64, to 1e-14") << true;
    QTest::newRow("float32, to 1e-6") << false;
}

void TestOptimizer::equalsTheTextbook() {
    QFETCH(bool, inDouble);
    const auto dtype = inDouble ? at::kDouble : at::kFloat;
    at::manual_seed(1);
    const std::int64_t size = 37;  // more than one vector and a rest
    // Three parameters with their own factor and decay: three groups.
    const double scales[] = {1.0, 0.5, 1.0};
    const bool decays[] = {true, true, false};
    std::vector<NamedParameter> parameters;
    std::vector<std::vector<Textbook>> expected(3);
    for (std::size_t k = 0; k < 3; ++k) {
        parameters.push_back({std::string(1, static_cast<char>('a' + k)), parameter(at::randn({size}, dtype)), scales[k], decays[k]});
        for (std::int64_t i = 0; i < size; ++i) expected[k].push_back({parameters[k].tensor[i].item<double>()});
    }
    const AdamW::Params params{.beta1 = 0.9, .beta2 = 0.95, .eps = 1e-8, .weightDecay = 0.3};
    AdamW optimizer(params, parameters);
    for (int step = 0; step < 5; ++step) {
        const double lr = 0.01 * (step + 1);
        for (std::size_t k = 0; k < 3; ++k) {
            const at::Tensor gradient = at::randn({size}, dtype);
            setGrad(parameters[k].tensor, gradient);
            for (std::int64_t i = 0; i < size; ++i)
                expected[k][static_cast<std::size_t>(i)].step(params, lr * scales[k], decays[k] ? params.weightDecay : 0.0,
                                                              gradient[i].item<double>());
        }
        optimizer.step(lr);
    }
    for (std::size_t k = 0; k < 3; ++k)
        for (std::int64_t i = 0; i < size; ++i) {
            const double error = std::abs(parameters[k].tensor[i].item<double>() - expected[k][static_cast<std::size_t>(i)].value);
            QVERIFY2(error < (inDouble ? 1e-14 : 1e-6), qPrintable(QStringLiteral("parameter %1, element %2: %3").arg(k).arg(i).arg(error)));
        }
}

void TestOptimizer::gradientsInAnotherLayoutCount() {
    at::manual_seed(2);
    const at::Tensor start = at::randn({3, 5}), gradient = at::randn({3, 5});
    const at::Tensor plain = parameter(start), other = parameter(start);
    AdamW a({}, {{"w", plain}}), b({}, {{"w", other}});
    setGrad(plain, gradient.clone());
    setGrad(other, gradient.t().contiguous().t());
    QVERIFY(other.grad().strides() != other.strides());
    a.step(0.1);
    b.step(0.1);
    QVERIFY(same(plain, other));
}

void TestOptimizer::parametersWithoutGradientStay() {
    const at::Tensor with = parameter(at::ones({2})), without = parameter(at::ones({2}));
    AdamW optimizer({}, {{"with", with}, {"without", without}, {"empty", parameter(at::zeros({0}))}});
    setGrad(with, at::ones({2}));
    optimizer.step(0.1);
    QVERIFY(same(without.detach(), at::ones({2})));
    QVERIFY(!same(with.detach(), at::ones({2})));
    for (const auto& [name, tensor] : optimizer.state())
        if (name.ends_with(".step")) QCOMPARE(tensor.item<float>(), name == "with.step" ? 1.0F : 0.0F);
}

void TestOptimizer::clippingScalesToTheGlobalNorm() {
    const at::Tensor a = parameter(at::zeros({2})), b = parameter(at::zeros({1, 1}));
    AdamW optimizer({}, {{"a", a}, {"b", b}});
    QCOMPARE(optimizer.clipGradients(1.0).item<double>(), 0.0);
    const auto fill = [&] {
        setGrad(a, at::tensor({2.0F, 3.0F}));
        setGrad(b, at::full({1, 1}, 6.0F));
    };
    fill();
    QCOMPARE(optimizer.clipGradients(0.0).item<float>(), 7.0F);  // sqrt(4 + 9 + 36)
    QCOMPARE(b.grad().item<float>(), 6.0F);
    QCOMPARE(optimizer.clipGradients(8.0).item<float>(), 7.0F);
    QCOMPARE(b.grad().item<float>(), 6.0F);
    QCOMPARE(optimizer.clipGradients(3.5).item<float>(), 7.0F);
    QVERIFY(std::abs(b.grad().item<double>() - 3.0) < 1e-5);
    QVERIFY(std::abs(a.grad()[1].item<double>() - 1.5) < 1e-5);
}

void TestOptimizer::clippingShowsWhatIsNotFinite() {
    const at::Tensor a = parameter(at::zeros({2}));
    AdamW optimizer({}, {{"a", a}});
    setGrad(a, at::tensor({1.0F, std::numeric_limits<float>::quiet_NaN()}));
    QVERIFY(std::isnan(optimizer.clipGradients(1.0).item<double>()));
}

void TestOptimizer::savedStateGoesOnBitForBit() {
    at::manual_seed(3);
    std::vector<at::Tensor> gradients;
    for (int i = 0; i < 8; ++i) gradients.push_back(at::randn({4, 3}));
    const at::Tensor weight = parameter(at::randn({4, 3}));
    AdamW optimizer({}, {{"w", weight}});
    const auto steps = [&](AdamW& by, const at::Tensor& on, int from, int to) {
        for (int i = from; i < to; ++i) {
            setGrad(on, gradients[static_cast<std::size_t>(i)].clone());
            by.step(0.01 * (i + 1));
        }
    };
    steps(optimizer, weight, 0, 4);
    NamedTensors saved;
    for (const auto& [name, tensor] : optimizer.state()) saved.emplace_back(name, tensor.clone());
    const at::Tensor savedWeight = weight.detach().clone();
    steps(optimizer, weight, 4, 8);

    const at::Tensor again = parameter(savedWeight);
    AdamW restored({}, {{"w", again}});
    restored.restore(saved);
    steps(restored, again, 4, 8);
    QVERIFY(same(again, weight));
    for (std::size_t i = 0; i < saved.size(); ++i) QVERIFY(same(restored.state()[i].second, optimizer.state()[i].second));
    QVERIFY(saved[0].first == "w.exp_avg" && saved[1].first == "w.exp_avg_sq" && saved[2].first == "w.step");
}

void TestOptimizer::refusesAnotherModelsState_data() {
    QTest::addColumn<int>("change");
    QTest::addColumn<QString>("words");
    QTest::newRow("a tensor is missing") << 0 << "'w.step' is not in the checkpoint";
    QTest::newRow("one too many") << 1 << "has a tensor 'x'";
    QTest::newRow("another shape") << 2 << "'w.exp_avg' is Float [3, 4] in the checkpoint, expected Float [4, 3]";
    QTest::newRow("another dtype") << 3 << "Double [4, 3]";
    QTest::newRow("the same twice") << 4 << "saved twice";
}

void TestOptimizer::refusesAnotherModelsState() {
    QFETCH(int, change);
    QFETCH(QString, words);
    AdamW optimizer({}, {{"w", parameter(at::zeros({4, 3}))}});
    NamedTensors saved;
    for (const auto& [name, tensor] : optimizer.state()) saved.emplace_back(name, at::ones_like(tensor));
    if (change == 0) saved.pop_back();
    if (change == 1) saved.emplace_back("x", at::zeros({1}));
    if (change == 2) saved[0].second = at::ones({3, 4});
    if (change == 3) saved[1].second = at::ones({4, 3}, at::kDouble);
    if (change == 4) saved.push_back(saved[0]);
    try {
        optimizer.restore(saved);
        QFAIL("expected an error");
    } catch (const DataError& error) {
        QVERIFY2(QString::fromUtf8(error.what()).contains(words), error.what());
    }
    for (const auto& [name, tensor] : optimizer.state()) QCOMPARE(tensor.sum().item<double>(), 0.0);
}

void TestOptimizer::decayIsForMatricesOnly() {
    QVERIFY(takesWeightDecay("blocks.0.attn.qkv.weight", at::zeros({2, 2})));
    QVERIFY(!takesWeightDecay("blocks.0.norm.weight", at::zeros({2})));
    QVERIFY(!takesWeightDecay("scale", at::zeros({})));
    QVERIFY(!takesWeightDecay("encoder.cls_token", at::zeros({1, 1, 2})));
    QVERIFY(!takesWeightDecay("pos_embed", at::zeros({1, 4, 2})));
    QVERIFY(!takesWeightDecay("head.mask_token", at::zeros({1, 1, 2})));
    QVERIFY(takesWeightDecay("head.mask_token_weight", at::zeros({2, 2})));
    QVERIFY(!takesWeightDecay("codebook.weight", at::zeros({2, 2}), {"codebook.weight"}));
    QVERIFY(takesWeightDecay("other.weight", at::zeros({2, 2}), {"codebook.weight"}));
}

void TestOptimizer::layersDecayGeometrically() {
    QCOMPARE(layerLrScale(13, 12, 0.75), 1.0);
    QCOMPARE(layerLrScale(12, 12, 0.75), 0.75);
    QCOMPARE(layerLrScale(0, 12, 0.5), std::pow(0.5, 13));
    QCOMPARE(layerLrScale(3, 12, 1.0), 1.0);
}

void TestOptimizer::readsItsSettings() {
    const Value table = parseToml("betas = [0.8, 0.9]\neps = 1e-6\nweight_decay = 0.1", "test");
    ParamReader reader(table, "train.optimizer", "optimizer 'adamw'");
    const auto params = AdamW::Params::read(reader);
    reader.finish();
    QCOMPARE(params.beta1, 0.8);
    QCOMPARE(params.beta2, 0.9);
    QCOMPARE(params.eps, 1e-6);
    QCOMPARE(params.weightDecay, 0.1);
    const Value one = parseToml("betas = [0.8]", "test");
    ParamReader bad(one, "train.optimizer", "optimizer 'adamw'");
    QVERIFY_THROWS_EXCEPTION(RecipeError, AdamW::Params::read(bad));
}

void TestOptimizer::zeroGradDropsGradients() {
    const at::Tensor a = parameter(at::zeros({2}));
    AdamW optimizer({}, {{"a", a}});
    setGrad(a, at::ones({2}));
    optimizer.zeroGrad();
    QVERIFY(!a.grad().defined());
}

MASKSCOPE_TEST(TestOptimizer)
#include "tst_optimizer.moc"
