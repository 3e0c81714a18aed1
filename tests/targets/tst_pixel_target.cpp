#include "targets/pixel_target.h"

#include <cmath>
#include <limits>

#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/error.h"
#include "core/random.h"
#include "core/toml.h"
#include "tensor/patches.h"

#include <QtTest>

#include "support/float_tensors.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

ImageInput inputOf(std::int64_t channels, std::int64_t side, std::int64_t patch) {
    ImageInput input;
    input.channels = channels;
    input.height = input.width = side;
    input.patchHeight = input.patchWidth = patch;
    for (std::int64_t c = 0; c < channels; ++c) {
        input.mean.push_back(0.4 + 0.05 * static_cast<double>(c));
        input.std.push_back(0.2 + 0.05 * static_cast<double>(c));
    }
    return input;
}

std::unique_ptr<Target> makeTarget(const std::string& toml, const ImageInput& input) {
    return makeTargetRegistry().make(parseToml(toml, "test.toml"), "target", "kind", TargetContext{InputSpec{input}});
}

View viewOf(const at::Tensor& pixels) {
    View view;
    view.tensors["pixels"] = pixels;
    return view;
}

at::Tensor drawnPixels(std::int64_t batch, const ImageInput& input) {
    at::Tensor pixels = at::zeros({batch, input.channels, input.height, input.width});
    RandomStream stream(11, "pixels");
    for (std::int64_t i = 0; i < pixels.numel(); ++i) pixels.mutable_data_ptr<float>()[i] = static_cast<float>(stream.normal());
    return pixels;
}

/// Hides the given patches of one image.
at::Tensor hiding(std::vector<std::int64_t> patches, const ImageInput& input) {
    const at::Tensor hidden = at::zeros({1, input.patches()});
    for (const std::int64_t patch : patches) hidden[0][patch] = 1.0F;
    return hidden;
}

double largest(const at::Tensor& difference) { return difference.abs().max().item<double>(); }

at::Tensor unitPatches(const at::Tensor& pixels, const ImageInput& input) {
    return patchify(toUnitPixels(pixels, input), input.patchHeight, input.patchWidth);
}

}  // namespace

class TestPixelTarget : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void plainTargetIsThePatches() {
        const ImageInput input = inputOf(3, 8, 4);
        const auto target = makeTarget("kind = 'pixel'", input);
        const at::Tensor pixels = drawnPixels(2, input);
        const View view = viewOf(pixels);
        QCOMPARE(target->width(), std::int64_t{48});
        QVERIFY(target->hasPixels());
        QVERIFY(!target->usesPatchStatistics());
        QVERIFY(at::equal(target->compute({view}), patchify(pixels, 4, 4)));
        for (const auto statistics : {PatchStatistics::Visible, PatchStatistics::True}) {
            const auto shown = target->toUnitPixels(target->compute({view}), view, at::zeros({2, 4}), statistics);
            QVERIFY(largest(shown->sub(unitPatches(pixels, input))) < 1e-6);
        }
    }

    void normalisationIsThatOfMae() {
        const ImageInput input = inputOf(1, 2, 2);
        const View view = viewOf(at::tensor(std::vector<float>{1, 2, 3, 6}).view({1, 1, 2, 2}));
        const at::Tensor values = makeTarget("kind = 'pixel'\nnormalize = true", input)->compute({view}).flatten();
        const double deviation = std::sqrt((4.0 + 1.0 + 0.0 + 9.0) / 3 + 1e-6);  // unbiased: divided by 3
        const double expected[] = {-2 / deviation, -1 / deviation, 0, 3 / deviation};
        for (std::int64_t i = 0; i < 4; ++i) QVERIFY(std::abs(values[i].item<double>() - expected[i]) < 1e-6);
    }

    void epsilonKeepsFlatPatchesFinite() {
        const ImageInput input = inputOf(3, 4, 4);
        const View flat = viewOf(at::full({1, 3, 4, 4}, 0.7));
        QVERIFY(largest(makeTarget("kind = 'pixel'\nnormalize = true", input)->compute({flat})) < 1e-3);
        const View view = viewOf(at::tensor(std::vector<float>{0, 1, 0, 1}).view({1, 1, 2, 2}));
        const at::Tensor values = makeTarget("kind = 'pixel'\nnormalize = true\nepsilon = 2.0", inputOf(1, 2, 2))->compute({view});
        QVERIFY(std::abs(largest(values) - 0.5 / std::sqrt(1.0 / 3 + 2)) < 1e-6);
    }

    void agreesWithLightly() {
        const auto x = testing::readParityTensors("helper_normalize_mean_var", "inputs.safetensors").at("x");
        const auto y = testing::readParityTensors("helper_normalize_mean_var", "expected.safetensors").at("y");
        const auto tensorOf = [](const testing::FloatTensor& t) {
            return at::from_blob(const_cast<float*>(t.values.data()), t.shape, at::kFloat).clone();
        };
        ImageInput input = inputOf(3, 4, 4);  // five patches side by side
        input.width = 20;
        const View view = viewOf(unpatchify(tensorOf(x), input));
        QVERIFY(largest(makeTarget("kind = 'pixel'\nnormalize = true", input)->compute({view}).sub(tensorOf(y))) < 7.4e-6);
    }

    void targetHasNoGradient() {
        const ImageInput input = inputOf(3, 8, 4);
        const View view = viewOf(drawnPixels(1, input).requires_grad_());
        for (const char* toml : {"kind = 'pixel'", "kind = 'pixel'\nnormalize = true"})
            QVERIFY(!makeTarget(toml, input)->compute({view}).requires_grad());
    }

    void trueStatisticsGiveBackThePixels() {
        const ImageInput input = inputOf(3, 8, 4);
        const auto target = makeTarget("kind = 'pixel'\nnormalize = true", input);
        const at::Tensor pixels = drawnPixels(1, input);
        const View view = viewOf(pixels);
        QVERIFY(target->usesPatchStatistics());
        const auto shown = target->toUnitPixels(target->compute({view}), view, hiding({0, 3}, input), PatchStatistics::True);
        QVERIFY(largest(shown->sub(unitPatches(pixels, input))) < 1e-5);
    }

    void visibleStatisticsReadNoHiddenPixel() {
        const ImageInput input = inputOf(3, 16, 4);
        const auto target = makeTarget("kind = 'pixel'\nnormalize = true", input);
        const at::Tensor pixels = drawnPixels(1, input), hidden = hiding({0, 3, 5, 6, 9, 15}, input);
        const at::Tensor prediction = target->compute({viewOf(pixels)});
        const auto shown = target->toUnitPixels(prediction, viewOf(pixels), hidden, PatchStatistics::Visible);
        for (const double value : {0.0, 100.0, std::numeric_limits<double>::quiet_NaN()}) {
            const at::Tensor changed = pixels.masked_fill(patchesToPixels(hidden, input).gt(0.5), value);
            QVERIFY(at::equal(*target->toUnitPixels(prediction, viewOf(changed), hidden, PatchStatistics::Visible), *shown));
        }
        // Visible patches are brought back exactly.
        const at::Tensor difference = shown->sub(unitPatches(pixels, input)).mul(hidden.neg().add(1.0).unsqueeze(2));
        QVERIFY(largest(difference) < 1e-5);
    }

    /// Patches of one colour each in a row: the hidden one between 1 and 4 is nearer to neither; farther ones count by 1 / d^3.
    void hiddenMeanIsTheWeightedMeanOfVisibleMeans() {
        ImageInput input = inputOf(1, 2, 2);
        input.width = 8;
        input.mean = {0.5};
        input.std = {0.5};  // unit pixels are the pixels themselves
        at::Tensor pixels = at::zeros({1, 1, 2, 8});
        const double means[] = {1, 0, 4, 2};
        for (std::int64_t patch = 0; patch < 4; ++patch) pixels.narrow(3, 2 * patch, 2).fill_(means[patch]);
        pixels.narrow(3, 0, 1).sub_(0.3);  // deviation of the first patch: sqrt(4 * 0.3^2 / 3); of the others 0
        pixels.narrow(3, 1, 1).add_(0.3);
        const auto target = makeTarget("kind = 'pixel'\nnormalize = true", input);
        const double weightSum = 1 + 1 + 1.0 / 8, mean = (1 + 4 + 2.0 / 8) / weightSum;
        const double deviation = (std::sqrt(0.12 + 1e-6) + 2 * std::sqrt(1e-6)) / 3;
        const auto level = target->toUnitPixels(at::zeros({1, 4, 4}), viewOf(pixels), hiding({1}, input), PatchStatistics::Visible);
        const auto raised = target->toUnitPixels(at::full({1, 4, 4}, 1.0), viewOf(pixels), hiding({1}, input), PatchStatistics::Visible);
        QVERIFY(std::abs((*level)[0][1][2].item<double>() - mean) < 1e-5);
        QVERIFY(std::abs((*raised)[0][1][2].item<double>() - mean - deviation) < 1e-5);
        QVERIFY(std::abs((*level)[0][2][0].item<double>() - 4) < 1e-5);
    }

    void wrongShapesAndSettingsAreRefused() {
        const ImageInput input = inputOf(3, 8, 4);
        const auto target = makeTarget("kind = 'pixel'\nnormalize = true", input);
        const View view = viewOf(drawnPixels(1, input));
        QVERIFY_EXCEPTION_THROWN(target->toUnitPixels(at::zeros({1, 4, 47}), view, at::zeros({1, 4}), PatchStatistics::True), ShapeError);
        QVERIFY_EXCEPTION_THROWN(target->toUnitPixels(at::zeros({1, 4, 48}), view, at::zeros({1, 5}), PatchStatistics::True), ShapeError);
        QVERIFY_EXCEPTION_THROWN(target->toUnitPixels(at::zeros({2, 4, 48}), view, at::zeros({2, 4}), PatchStatistics::True), ShapeError);
        QVERIFY_EXCEPTION_THROWN(target->compute({viewOf(at::zeros({1, 3, 12, 12}))}), ShapeError);
        QVERIFY_EXCEPTION_THROWN(makeTarget("kind = 'pixel'\nnormalize = true", inputOf(1, 8, 1)), RecipeError);
        QVERIFY_EXCEPTION_THROWN(makeTarget("kind = 'pixel'\nepsilon = 0.0", input), RecipeError);
    }
};

MASKSCOPE_TEST(TestPixelTarget)
#include "tst_pixel_target.moc"
