#include "heads/vqgan_head.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "layers/initialization.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kBatch = 2, kTokens = 6, kCodes = 5, kCodeWidth = 4, kPatch = 4;

const InputSpec& inputSpec() {
    static const InputSpec input{
        ImageInput{.channels = 1, .height = 8, .width = 12, .patchHeight = kPatch, .patchWidth = kPatch, .mean = {0.5}, .std = {0.5}}};
    return input;
}

std::shared_ptr<VqganHead> makeHead() {
    const VqNetworkParams network{
        .width = 4, .multipliers = {1, 1, 2}, .blocks = 1, .attends = {false, false, false}, .latentWidth = kCodeWidth, .groups = 2};
    auto head = std::make_shared<VqganHead>(VqganHead::Params{network}, HeadContext{inputSpec(), kCodes, kPatch * kPatch, {}});
    initializeParameters(*head, "xavier", 1);
    return head;
}

Features madeFeatures() {
    Features features;
    features.tokens = at::randn({kBatch, kTokens, kCodes});
    features.local = at::randn({kBatch, kTokens, kCodeWidth}).requires_grad_();
    features.vocabulary = at::randn({kCodes, kCodeWidth}).requires_grad_();
    features.geometry = Geometry::grid(kBatch, {2, 3});
    return features;
}

}  // namespace

class TestVqganHead : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(4); }

    void picturesDependOnTheCodesAlone() {
        const auto head = makeHead();
        head->eval();
        Features features = madeFeatures();
        const at::Tensor said = head->forward(features, nullptr, TokenChoice::All);
        QCOMPARE(said.sizes(), (at::IntArrayRef{kBatch, kTokens, kPatch * kPatch}));
        features.tokens = features.tokens * 3.0;
        features.local = at::randn({kBatch, kTokens, kCodeWidth});
        QVERIFY(at::equal(said, head->forward(features, nullptr, TokenChoice::All)));
        features.tokens = -features.tokens;
        QVERIFY(!at::allclose(said, head->forward(features, nullptr, TokenChoice::All)));
    }
    /// What reaches the latents is what would reach the entries if they stood there themselves.
    void gradientsPassStraightThrough() {
        const auto head = makeHead();
        const Features features = madeFeatures();
        const at::Tensor weights = at::randn({kBatch, kTokens, kPatch * kPatch});
        (head->forward(features, nullptr, TokenChoice::All) * weights).sum().backward();
        QVERIFY(!features.vocabulary.grad().defined());  // the entries learn from distances alone
        Features direct = features;
        direct.local = at::Tensor();
        direct.vocabulary = at::embedding(features.vocabulary.detach(), features.tokens.argmax(-1)).flatten(0, 1).requires_grad_();
        direct.tokens = at::eye(kBatch * kTokens).view({kBatch, kTokens, -1});
        (head->forward(direct, nullptr, TokenChoice::All) * weights).sum().backward();
        QVERIFY(at::allclose(features.local.grad().flatten(0, 1), direct.vocabulary.grad(), 1e-4, 1e-5));
    }
    void everyParameterGetsAFiniteGradient() {
        const auto head = makeHead();
        head->forward(madeFeatures(), nullptr, TokenChoice::All).square().sum().backward();
        for (const auto& item : head->named_parameters()) {
            QVERIFY2(item.value().grad().defined() && item.value().grad().isfinite().all().item<bool>(), item.key().c_str());
            QVERIFY2(item.value().grad().abs().max().item<double>() > 0.0, item.key().c_str());
        }
    }
    void whatItCannotPaintIsRefused() {
        QVERIFY_EXCEPTION_THROWN(VqganHead({}, HeadContext{inputSpec(), kCodes, 7, {}}), RecipeError);
        Features features = madeFeatures();
        features.vocabulary = at::Tensor();
        QVERIFY_EXCEPTION_THROWN(makeHead()->forward(features, nullptr, TokenChoice::All), ShapeError);
        features = madeFeatures();
        features.dropped = true;
        QVERIFY_EXCEPTION_THROWN(makeHead()->forward(features, nullptr, TokenChoice::All), ShapeError);
    }
};

MASKSCOPE_TEST(TestVqganHead)
#include "tst_vqgan_head.moc"
