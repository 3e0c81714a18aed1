#include "encoders/unet.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/toml.h"
#include "encoder_checks.h"
#include "layers/initialization.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kSide = 16;

InputSpec inputOf(std::int64_t side = kSide) {
    return {ImageInput{.channels = 3, .height = side, .width = side, .patchHeight = 8, .patchWidth = 8, .mean = {}, .std = {}}};
}

std::shared_ptr<Encoder> made(const std::string& more = "", std::int64_t side = kSide) {
    const auto unet = makeEncoderRegistry().make(parseToml("kind = 'unet'\noutputs = 3\nwidth = 8\nlevels = 4\ninner = 16\n" + more, "t"), "encoder",
                                                 "kind", inputOf(side));
    initializeParameters(*unet, unet->initialization(), 1);
    return unet;
}

View viewOf(const at::Tensor& pixels) {
    View view;
    view.tensors["pixels"] = pixels;
    view.geometry = Geometry::grid(pixels.size(0), {2, 2});
    return view;
}

}  // namespace

class TestUNet : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(2); }

    void saysSomethingOfEveryPixel() {
        const auto unet = made();
        const Features features = unet->forward(viewOf(at::randn({2, 3, kSide, kSide})), MaskPlan(), {}, {});
        QCOMPARE(features.tokens.sizes(), (at::IntArrayRef{2, kSide * kSide, 3}));
        QCOMPARE(features.geometry.shape, (std::vector<std::int64_t>{kSide, kSide}));
        QCOMPARE(unet->width(), 3);
    }

    void everyPixelReachesEveryOther() {
        const auto unet = made();
        const at::Tensor pixels = at::randn({1, 3, kSide, kSide});
        at::Tensor changed = pixels.clone();
        changed.select(2, 0).select(2, 0).fill_(9.0);
        const at::Tensor a = unet->forward(viewOf(pixels), MaskPlan(), {}, {}).tokens, b = unet->forward(viewOf(changed), MaskPlan(), {}, {}).tokens;
        QVERIFY((a - b).abs().amin().item<double>() > 0.0);  // through the linear layers
    }

    void slopesAreThoseOfFiniteDifferences() {
        const auto unet = made();
        unet->to(at::kDouble);
        const View view = viewOf(at::randn({2, 3, kSide, kSide}, at::kDouble));
        const at::Tensor weights = at::randn({2, kSide * kSide, 3}, at::kDouble);
        const QString wrong = testing::wrongSlope(*unet, [&] { return (unet->forward(view, MaskPlan(), {}, {}).tokens * weights).mean(); });
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    }

    void layersCountFromTheImageOn() {
        const auto unet = made();
        QVERIFY(unet->layerOf("down0.convolution.weight") < unet->layerOf("down3.norm.bias"));
        QVERIFY(unet->layerOf("down3.norm.bias") <= unet->layerOf("inner0.weight"));
        QVERIFY(unet->layerOf("inner2.weight") < unet->layerOf("up3.norm.bias"));
        QVERIFY(unet->layerOf("up3.norm.bias") < unet->layerOf("up0.norm.bias"));
        QCOMPARE(unet->layerOf("output.weight"), unet->depth() + 1);
    }

    void impossibleSizesAreRefused() {
        QVERIFY_EXCEPTION_THROWN(made("", 20), RecipeError);
        QVERIFY_EXCEPTION_THROWN(makeEncoderRegistry().make(parseToml("kind = 'unet'\nwidth = 12", "t"), "encoder", "kind", inputOf()), RecipeError);
        QVERIFY_EXCEPTION_THROWN(made()->forward(viewOf(at::randn({1, 3, 8, 8})), MaskPlan(), {}, {}), ShapeError);
    }
};

MASKSCOPE_TEST(TestUNet)
#include "tst_unet.moc"
