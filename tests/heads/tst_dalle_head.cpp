#include "heads/dalle_head.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "layers/initialization.h"
#include "layers/noise.h"
#include "support/test_main.h"
#include "tensor/patches.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kBatch = 2, kTokens = 6, kCodes = 5, kPatch = 4;

const InputSpec& inputSpec() {
    static const InputSpec input{
        ImageInput{.channels = 1, .height = 8, .width = 12, .patchHeight = kPatch, .patchWidth = kPatch, .mean = {0.5}, .std = {0.5}}};
    return input;
}

std::shared_ptr<DalleHead> makeHead(double temperature, bool hard) {
    auto head = std::make_shared<DalleHead>(DalleHead::Params{.codeWidth = 8, .width = 4, .blocks = 1, .temperature = temperature, .hard = hard},
                                            HeadContext{inputSpec(), kCodes, kPatch * kPatch, {}});
    initializeParameters(*head, "xavier", 1);
    return head;
}

Features featuresOf(const at::Tensor& logits) {
    Features features;
    features.tokens = logits;
    features.geometry = Geometry::grid(logits.size(0), {2, 3});
    return features;
}

bool isOneHot(const at::Tensor& picked) {
    return at::allclose(picked.amax(-1), at::ones({kBatch, kTokens})) && at::allclose(picked.sum(-1), at::ones({kBatch, kTokens}));
}

}  // namespace

class TestDalleHead : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(4); }
    void trainingDrawsCodesAsOftenAsTheirLogitsSay();
    void oneCodeIsPickedAndTheSoftmaxGetsTheGradient();
    void softCodesAreMixtures();
    void evaluationPicksTheMostLikelyCodeWithoutNoise();
    void everyParameterGetsAFiniteGradient();
    void whatItCannotPaintIsRefused();
};

void TestDalleHead::trainingDrawsCodesAsOftenAsTheirLogitsSay() {
    const auto head = makeHead(1.0, true);
    const NoiseScope noise(RandomStream(3, "noise"));
    const at::Tensor logits = at::tensor({0.0F, 1.0F, -1.0F, 0.5F, 2.0F}), draws = head->pick(logits.expand({1, 40000, kCodes}));
    const double largest = (draws.mean(at::IntArrayRef{0, 1}) - logits.softmax(0)).abs().max().item<double>();
    QVERIFY2(largest < 0.01, qPrintable(QString::number(largest)));  // the Gumbel-max theorem
}

void TestDalleHead::oneCodeIsPickedAndTheSoftmaxGetsTheGradient() {
    const auto head = makeHead(1.0, true);
    const at::Tensor logits = at::randn({kBatch, kTokens, kCodes}).requires_grad_();
    const NoiseScope noise(RandomStream(3, "noise"));
    const at::Tensor picked = head->pick(logits);
    QVERIFY(isOneHot(picked));
    (picked * at::randn_like(picked)).sum().backward();
    QVERIFY(logits.grad().abs().amax(-1).gt(0).all().item<bool>());
}

void TestDalleHead::softCodesAreMixtures() {
    const at::Tensor logits = at::randn({kBatch, kTokens, kCodes});
    const NoiseScope noise(RandomStream(3, "noise"));
    const at::Tensor warm = makeHead(5.0, false)->pick(logits), cold = makeHead(0.01, false)->pick(logits);
    QVERIFY(at::allclose(warm.sum(-1), at::ones({kBatch, kTokens})));
    QVERIFY(warm.amax(-1).lt(0.9).all().item<bool>());
    QVERIFY(cold.amax(-1).mean().item<double>() > 0.98);
}

void TestDalleHead::evaluationPicksTheMostLikelyCodeWithoutNoise() {
    const auto head = makeHead(1.0, false);
    head->eval();
    const at::Tensor logits = at::randn({kBatch, kTokens, kCodes}), picked = head->pick(logits);
    QVERIFY(isOneHot(picked));
    QVERIFY(at::equal(picked.argmax(-1), logits.argmax(-1)));
    // Pictures depend on the codes alone.
    const at::Tensor said = head->forward(featuresOf(logits), nullptr, TokenChoice::All);
    QCOMPARE(said.sizes(), (at::IntArrayRef{kBatch, kTokens, kPatch * kPatch}));
    QVERIFY(at::equal(said, head->forward(featuresOf(logits * 3.0), nullptr, TokenChoice::All)));
    QVERIFY(!at::allclose(said, head->forward(featuresOf(-logits), nullptr, TokenChoice::All)));
}

void TestDalleHead::everyParameterGetsAFiniteGradient() {
    const auto head = makeHead(1.0, true);
    const NoiseScope noise(RandomStream(3, "noise"));
    head->forward(featuresOf(at::randn({kBatch, kTokens, kCodes})), nullptr, TokenChoice::All).square().sum().backward();
    for (const auto& item : head->named_parameters()) {
        QVERIFY2(item.value().grad().defined() && item.value().grad().isfinite().all().item<bool>(), item.key().c_str());
        QVERIFY2(item.value().grad().abs().max().item<double>() > 0.0, item.key().c_str());
    }
}

void TestDalleHead::whatItCannotPaintIsRefused() {
    QVERIFY_EXCEPTION_THROWN(DalleHead({}, HeadContext{inputSpec(), kCodes, 7, {}}), RecipeError);
    Features dropped = featuresOf(at::randn({kBatch, 2, kCodes}));
    dropped.dropped = true;
    QVERIFY_EXCEPTION_THROWN(makeHead(1.0, true)->forward(dropped, nullptr, TokenChoice::All), ShapeError);
}

MASKSCOPE_TEST(TestDalleHead)
#include "tst_dalle_head.moc"
