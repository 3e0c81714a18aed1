#include "encoders/vqgan_encoder.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "encoders/patch_discriminator.h"
#include "layers/initialization.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kCodes = 11, kCodeWidth = 6;

InputSpec inputOf(std::int64_t patchSide) {
    return {ImageInput{
        .channels = 2, .height = 16, .width = 24, .patchHeight = patchSide, .patchWidth = patchSide, .mean = {0.5, 0.5}, .std = {0.5, 0.5}}};
}

VqNetworkParams networkParams() {
    return {.width = 8, .multipliers = {1, 2, 2}, .blocks = 1, .attends = {false, false, true}, .latentWidth = kCodeWidth, .groups = 4};
}

std::shared_ptr<VqganEncoder> makeEncoder(double commitment) {
    auto encoder = std::make_shared<VqganEncoder>(
        VqganEncoder::Params{.vocabulary = kCodes, .commitment = commitment, .network = networkParams(), .initialization = "xavier"}, inputOf(4));
    initializeParameters(*encoder, "xavier", 3);
    return encoder;
}

View viewOf(const at::Tensor& pixels) {
    View view;
    view.tensors["pixels"] = pixels;
    view.geometry = Geometry::grid(pixels.size(0), {pixels.size(2) / 4, pixels.size(3) / 4});
    return view;
}

void checkGradients(const torch::nn::Module& module) {
    for (const auto& item : module.named_parameters()) {
        QVERIFY2(item.value().grad().defined() && item.value().grad().isfinite().all().item<bool>(), item.key().c_str());
        QVERIFY2(item.value().grad().abs().max().item<double>() > 0.0, item.key().c_str());
    }
}

}  // namespace

/// A tokenizer with a codebook, and its adversary.
class TestVqganEncoder : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(6); }

    void theNearestEntryIsTheCode() {
        const Features features = makeEncoder(0.25)->forward(viewOf(at::randn({3, 2, 16, 24})), MaskPlan(), {}, {});
        QCOMPARE(features.tokens.sizes(), (at::IntArrayRef{3, 24, kCodes}));
        QCOMPARE(features.local.sizes(), (at::IntArrayRef{3, 24, kCodeWidth}));
        const at::Tensor distances = (features.local.unsqueeze(2) - features.vocabulary).square().sum(-1);
        QVERIFY(at::allclose(features.tokens, -distances, 1e-4, 1e-5));
        QVERIFY(at::equal(features.tokens.argmax(-1), distances.argmin(-1)));
    }
    /// Eq. 4: the entries move towards the latents with weight 1, the latents towards the entries with weight `commitment`.
    void commitmentWeighsTheLatentsShare() {
        const View view = viewOf(at::randn({3, 2, 16, 24}));
        const auto gradients = [&](double commitment) {
            const auto encoder = makeEncoder(commitment);
            const Features features = encoder->forward(view, MaskPlan(), {}, {});
            return torch::autograd::grad({features.tokens.amax(-1).neg().mean()}, {features.local, features.vocabulary});
        };
        const auto whole = gradients(1.0), quarter = gradients(0.25), none = gradients(0.0);
        QVERIFY(whole[0].abs().max().item<double>() > 0.0 && whole[1].abs().max().item<double>() > 0.0);
        QVERIFY(at::allclose(quarter[0], whole[0] * 0.25, 1e-4, 1e-6));
        QVERIFY(at::allclose(quarter[1], whole[1], 1e-4, 1e-6));
        QCOMPARE(none[0].abs().max().item<double>(), 0.0);
    }
    void everyParameterGetsAFiniteGradient() {
        const auto encoder = makeEncoder(0.25);
        const Features features = encoder->forward(viewOf(at::randn({3, 2, 16, 24})), MaskPlan(), {}, {});
        features.tokens.square().sum().backward();
        checkGradients(*encoder);
    }
    void levelsMustFitThePatches() {
        QVERIFY_EXCEPTION_THROWN(VqganEncoder({.network = networkParams()}, inputOf(8)), RecipeError);
        QVERIFY_EXCEPTION_THROWN(makeEncoder(0.25)->forward(viewOf(at::randn({1, 3, 16, 24})), MaskPlan(), {}, {}), ShapeError);
        QVERIFY(!makeEncoder(0.25)->honours({.kind = CorruptionKind::Drop}));
    }
    void aDiscriminatorJudgesPatches() {
        PatchDiscriminator discriminator({.width = 4, .layers = 2, .initialization = "normal"}, inputOf(4));
        const Features features = discriminator.forward(viewOf(at::randn({3, 2, 16, 24})), MaskPlan(), {}, {});
        QCOMPARE(features.geometry.shape, (std::vector<std::int64_t>{2, 4}));  // 16 x 24, halved twice, less one place twice
        QCOMPARE(features.tokens.sizes(), (at::IntArrayRef{3, 8, 1}));
        features.tokens.square().sum().backward();
        checkGradients(discriminator);
        QVERIFY_EXCEPTION_THROWN(PatchDiscriminator({.layers = 3}, inputOf(4)), RecipeError);
    }
    /// A place sees 4 + 3 * 2 + ... pixels: with two halvings 34 of them; what lies farther away moves nothing.
    void verdictsAreLocal() {
        PatchDiscriminator discriminator({.width = 4, .layers = 1, .initialization = "normal"}, inputOf(4));
        initializeParameters(discriminator, "normal", 1);
        discriminator.eval();
        at::Tensor pixels = at::randn({1, 2, 16, 24});
        const at::Tensor before = discriminator.forward(viewOf(pixels), MaskPlan(), {}, {}).tokens.view({6, 10}).clone();
        pixels.slice(3, 20).add_(1.0);
        const at::Tensor after = discriminator.forward(viewOf(pixels), MaskPlan(), {}, {}).tokens.view({6, 10});
        QVERIFY(at::equal(before.slice(1, 0, 3), after.slice(1, 0, 3)));
        QVERIFY(!at::allclose(before.slice(1, 8), after.slice(1, 8)));
    }
};

MASKSCOPE_TEST(TestVqganEncoder)
#include "tst_vqgan_encoder.moc"
