#include "encoders/dalle_encoder.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/toml.h"
#include "layers/initialization.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

ImageInput inputOf(std::int64_t patchSide) {
    return {.channels = 2, .height = 32, .width = 48, .patchHeight = patchSide, .patchWidth = patchSide, .mean = {0.5, 0.5}, .std = {0.5, 0.5}};
}

std::shared_ptr<DalleEncoder> makeEncoder(std::int64_t blocks) {
    auto encoder = std::make_shared<DalleEncoder>(DalleEncoder::Params{.vocabulary = 11, .width = 4, .blocks = blocks, .initialization = "xavier"},
                                                  InputSpec{inputOf(8)});
    initializeParameters(*encoder, "xavier", 3);
    const torch::NoGradGuard noGrad;
    for (auto& item : encoder->named_parameters())
        if (item.key().ends_with("bias")) item.value().normal_();
    return encoder;
}

}  // namespace

class TestDalleEncoder : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(6); }

    void aCellHasLogitsOverAllCodes() {
        View view;
        view.tensors["pixels"] = at::randn({3, 2, 32, 48});
        view.geometry = Geometry::grid(3, {4, 6});
        const auto encoder = makeEncoder(1);
        const Features features = encoder->forward(view, MaskPlan(), {}, {});
        QCOMPARE(features.tokens.sizes(), (at::IntArrayRef{3, 24, 11}));
        QCOMPARE(features.geometry.shape, (std::vector<std::int64_t>{4, 6}));
        const at::Tensor map = encoder->logits(view.pixels());
        QVERIFY(at::equal(features.tokens.view({3, 4, 6, 11}).permute({0, 3, 1, 2}), map));
    }
    /// With nothing on the paths beside the skips, what is left is four groups of linear maps with pooling between them.
    void blocksAddTheirShareToWhatTheySkip_data() {
        QTest::addColumn<int>("blocks");
        QTest::newRow("one block a group") << 1;
        QTest::newRow("three blocks a group") << 3;
    }
    void blocksAddTheirShareToWhatTheySkip() {
        QFETCH(int, blocks);
        const torch::NoGradGuard noGrad;
        const auto encoder = makeEncoder(blocks);
        const auto parameters = encoder->named_parameters();
        for (const auto& item : parameters)
            if (item.key().find("conv4.weight") != std::string::npos) item.value().zero_();
        const at::Tensor pixels = at::randn({1, 2, 16, 24});
        at::Tensor x = at::conv2d(pixels, parameters["input.weight"], parameters["input.bias"], 1, 3);
        const double share = 1.0 / (16.0 * blocks * blocks);
        for (int i = 0; i < 4 * blocks; ++i) {
            const std::string name = "block" + std::to_string(i);
            if (i > 0 && i % blocks == 0) x = at::max_pool2d(x, 2);
            if (parameters.contains(name + ".skip.weight")) x = at::conv2d(x, parameters[name + ".skip.weight"], parameters[name + ".skip.bias"]);
            x = x + share * parameters[name + ".conv4.bias"].view({1, -1, 1, 1});
        }
        const at::Tensor expected = at::conv2d(at::relu(x), parameters["output.weight"], parameters["output.bias"]);
        QVERIFY(at::allclose(encoder->logits(pixels), expected, 1e-5, 1e-5));
    }
    void everyParameterGetsAFiniteGradient() {
        const auto encoder = makeEncoder(2);
        encoder->logits(at::randn({2, 2, 24, 16})).square().sum().backward();
        for (const auto& item : encoder->named_parameters()) {
            QVERIFY2(item.value().grad().defined() && item.value().grad().isfinite().all().item<bool>(), item.key().c_str());
            QVERIFY2(item.value().grad().abs().max().item<double>() > 0.0, item.key().c_str());
        }
    }
    void smallerPatchesHaveFewerGroups() {
        DalleEncoder encoder({.vocabulary = 11, .width = 4, .blocks = 1, .initialization = "xavier"}, InputSpec{inputOf(4)});
        QCOMPARE(encoder.depth(), 3);
        QCOMPARE(encoder.logits(at::randn({1, 2, 32, 48})).sizes(), (at::IntArrayRef{1, 11, 8, 12}));
    }
    void sidesThatEightDoesNotDivideAreRoundedDown() {
        QCOMPARE(makeEncoder(1)->logits(at::randn({1, 2, 23, 17})).sizes(), (at::IntArrayRef{1, 11, 2, 2}));
    }
    void whatItCannotSeeIsRefused() {
        QVERIFY_EXCEPTION_THROWN(DalleEncoder({.initialization = "xavier"}, InputSpec{inputOf(12)}), RecipeError);
        QVERIFY_EXCEPTION_THROWN(makeEncoder(1)->logits(at::randn({1, 3, 16, 16})), ShapeError);
        QVERIFY_EXCEPTION_THROWN(makeEncoder(1)->logits(at::randn({1, 2, 7, 16})), ShapeError);
        QVERIFY(!makeEncoder(1)->honours({.kind = CorruptionKind::Drop}));
    }
};

MASKSCOPE_TEST(TestDalleEncoder)
#include "tst_dalle_encoder.moc"
