#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/toml.h"
#include "layers/convolution_positions.h"
#include "layers/initialization.h"
#include "layers/product_quantizer.h"
#include "layers/shrinking_adapter.h"
#include "layers/waveform_features.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

const WaveformFeatureParams kSmall{.channels = {4, 6, 8}, .kernels = {10, 3, 3}, .strides = {5, 2, 2}};

template <typename Module, typename... Args>
std::shared_ptr<Module> made(Args&&... args) {
    auto module = std::make_shared<Module>(std::forward<Args>(args)...);
    initializeParameters(*module, "xavier", 1);
    module->to(at::kDouble);
    module->eval();
    return module;
}

at::Tensor parameter(const torch::nn::Module& module, const std::string& name) { return module.named_parameters()[name]; }

}  // namespace

class TestSpeechLayers : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(5); }

    void windowAndHopAreWhatAFrameSees() {
        QCOMPARE(WaveformFeatureParams{}.window(), std::int64_t{400});
        QCOMPARE(WaveformFeatureParams{}.hop(), std::int64_t{320});
        QCOMPARE(kSmall.window(), std::int64_t{40});
        QCOMPARE(kSmall.hop(), std::int64_t{20});
        WaveformFeatureParams params = kSmall;
        params.norm = "layer";
        const auto features = made<WaveformFeatures>(params);
        for (const std::int64_t samples : {40, 59, 60, 79, 80, 999}) {
            const at::Tensor frames = features->forward(at::randn({2, samples}, at::kDouble));
            QCOMPARE(frames.sizes().vec(), (std::vector<std::int64_t>{2, kSmall.frames(samples), 8}));
        }
        QCOMPARE(kSmall.frames(39), std::int64_t{0});
        QVERIFY_EXCEPTION_THROWN(features->forward(at::randn({2, 39}, at::kDouble)), ShapeError);
        // A frame's state moves with the samples from 20 i to 20 i + 39, and with no other.
        const at::Tensor waveform = at::randn({1, 200}, at::kDouble), before = features->forward(waveform);
        for (const std::int64_t sample : {0, 59, 60, 99, 100}) {
            at::Tensor other = waveform.clone();
            other[0][sample] += 1.0;
            const at::Tensor moved = (features->forward(other) - before).abs().amax({0, 2}).gt(0);
            for (std::int64_t frame = 0; frame < moved.size(0); ++frame)
                QCOMPARE(moved[frame].item<bool>(), sample >= 20 * frame && sample <= 20 * frame + 39);
        }
    }

    void normsOverTimeAreOnlyAfterTheFirst() {
        QCOMPARE(made<WaveformFeatures>(kSmall)->parameters().size(), std::size_t{3 + 2});
        WaveformFeatureParams params = kSmall;
        params.norm = "layer";
        params.bias = true;
        QCOMPARE(made<WaveformFeatures>(params)->parameters().size(), std::size_t{3 * 2 + 3 * 2});
        // A louder waveform says the same: the first norm takes the factor away.
        const auto features = made<WaveformFeatures>(kSmall);
        const at::Tensor waveform = at::randn({1, 4000}, at::kDouble);
        QVERIFY(at::allclose(features->forward(waveform), features->forward(7.0 * waveform), 1e-3, 1e-3));
    }

    void wrongListsAreRefused() {
        const Value table = parseToml("conv_channels = [4, 4]\nconv_kernels = [3]\nconv_strides = [2, 2]", "test");
        ParamReader reader(table, "encoder", "encoder 'x'");
        QVERIFY_EXCEPTION_THROWN(WaveformFeatureParams::read(reader, {}), RecipeError);
    }

    void positionsKeepTheLength_data() {
        QTest::addColumn<QString>("norm");
        QTest::addColumn<int>("kernel");
        for (const char* norm : {"weight", "batch", "token"})
            for (const int kernel : {1, 4, 5, 40})
                QTest::newRow(qPrintable(QString("%1, kernel %2").arg(norm).arg(kernel))) << QString(norm) << kernel;
    }
    void positionsKeepTheLength() {
        QFETCH(QString, norm);
        QFETCH(int, kernel);
        const auto positions =
            made<ConvolutionPositions>(8, ConvolutionPositionParams{.kernel = kernel, .groups = 2, .depth = 2, .norm = norm.toStdString()});
        const at::Tensor x = at::randn({3, 11, 8}, at::kDouble), before = positions->forward(x);
        QCOMPARE(before.sizes(), x.sizes());
        // Token 5 is seen by those within half a kernel, the earlier half being the longer one for even kernels, twice over.
        at::Tensor other = x.clone();
        other.select(1, 5) += 1.0 + at::arange(8, at::kDouble);
        const at::Tensor moved = (positions->forward(other) - before).abs().amax({0, 2}).gt(0);
        for (int token = 0; token < 11; ++token) {
            const bool near = token - 5 <= 2 * (kernel / 2) && 5 - token <= 2 * ((kernel - 1) / 2);
            QCOMPARE(moved[token].item<bool>(), near);
        }
    }

    void weightNormHasTheLengthsThatItSays() {
        const auto positions = made<ConvolutionPositions>(8, ConvolutionPositionParams{.kernel = 3, .groups = 2, .activation = "linear"});
        torch::NoGradGuard noGrad;
        QVERIFY(at::equal(parameter(*positions, "conv0_length"), at::ones({1, 1, 3}, at::kDouble)));
        const at::Tensor x = at::randn({1, 9, 8}, at::kDouble), once = positions->forward(x);
        parameter(*positions, "conv0_direction").mul_(5.0);
        QVERIFY(at::allclose(positions->forward(x), once));
        parameter(*positions, "conv0_length").mul_(2.0);
        QVERIFY(at::allclose(positions->forward(x), 2.0 * once));
    }

    void codesAreTheMostLikelyEntries() {
        const auto quantizer = made<ProductQuantizer>(6, 2, 5, 8);
        const at::Tensor x = at::randn({3, 4, 6}, at::kDouble);
        const ProductQuantizer::Result result = quantizer->forward(x);
        QCOMPARE(result.vectors.sizes().vec(), (std::vector<std::int64_t>{3, 4, 8}));
        const at::Tensor table = parameter(*quantizer, "entries_table");
        const at::Tensor logits = at::linear(x, parameter(*quantizer, "logits.weight"), parameter(*quantizer, "logits.bias")).view({3, 4, 2, 5});
        for (std::int64_t b = 0; b < 3; ++b)
            for (std::int64_t n = 0; n < 4; ++n)
                for (std::int64_t g = 0; g < 2; ++g) {
                    const auto code = result.codes[b][n][g].item<std::int64_t>();
                    QCOMPARE(code, logits[b][n][g].argmax().item<std::int64_t>());
                    QVERIFY(at::equal(result.vectors[b][n].narrow(0, 4 * g, 4), table[g][code]));
                }
        QVERIFY((result.chances.sum(-1) - 1).abs().max().item<double>() < 1e-12);
        QVERIFY_EXCEPTION_THROWN(ProductQuantizer(6, 3, 5, 8), RecipeError);
    }

    void drawnCodesPassTheGradientOfTheSoftmax() {
        const auto quantizer = made<ProductQuantizer>(6, 2, 5, 8);
        const at::Tensor x = at::randn({2, 3, 6}, at::kDouble).requires_grad_(), noise = at::randn({2, 3, 2, 5}, at::kDouble);
        const ProductQuantizer::Result drawn = quantizer->forward(x, noise, 0.7);
        // The values are those of the chosen entries ...
        const at::Tensor table = parameter(*quantizer, "entries_table");
        QVERIFY(at::allclose(drawn.vectors[1][2].narrow(0, 4, 4), table[1][drawn.codes[1][2][1].item<std::int64_t>()]));
        // ... and the gradient that of the mixture of all.
        const at::Tensor weight = at::randn({2, 3, 8}, at::kDouble);
        (drawn.vectors * weight).sum().backward();
        const at::Tensor same = x.detach().clone().requires_grad_();
        const at::Tensor logits = at::linear(same, parameter(*quantizer, "logits.weight"), parameter(*quantizer, "logits.bias")).view({2, 3, 2, 5});
        const at::Tensor mixture = at::einsum("bngv,gvq->bngq", {((logits + noise) / 0.7).softmax(-1), table}).flatten(2);
        (mixture * weight).sum().backward();
        QVERIFY(at::allclose(x.grad(), same.grad()));
        QVERIFY(x.grad().abs().max().item<double>() > 0.0);
    }

    void perplexityCountsEntriesInUse() {
        const at::Tensor codes = at::tensor(std::vector<std::int64_t>{0, 1, 2, 3, 0, 0, 1, 1}).view({4, 2});
        const at::Tensor chances = at::one_hot(codes, 4).to(at::kDouble);
        // First group: 0, 2, 0, 1; second: 1, 3, 0, 1.
        const double uneven = std::exp(-(0.5 * std::log(0.5) + 2 * 0.25 * std::log(0.25)));
        QVERIFY(std::abs(codebookPerplexity(chances, {}).item<double>() - 2 * uneven) < 1e-12);
        const at::Tensor counts = at::tensor(std::vector<std::int64_t>{1, 1, 0, 0}).gt(0);
        QVERIFY(std::abs(codebookPerplexity(chances, counts).item<double>() - 4.0) < 1e-12);
        QVERIFY(std::abs(codebookPerplexity(at::full({7, 2, 4}, 0.25, at::kDouble), {}).item<double>() - 8.0) < 1e-12);
    }

    void adaptersShorten() {
        const auto adapter = made<ShrinkingAdapter>(ShrinkingAdapter::Params{.inputWidth = 8, .width = 6, .depth = 2});
        // Kernel 3, padding 1, stride 2: 11 -> 6 -> 3.
        QCOMPARE(adapter->forward(at::randn({2, 11, 8}, at::kDouble)).sizes().vec(), (std::vector<std::int64_t>{2, 3, 6}));
        const auto alike = made<ShrinkingAdapter>(ShrinkingAdapter::Params{.inputWidth = 6, .width = 6, .depth = 0});
        const at::Tensor x = at::randn({2, 5, 6}, at::kDouble);
        QVERIFY(at::equal(alike->forward(x), x));
    }
};

MASKSCOPE_TEST(TestSpeechLayers)
#include "tst_speech_layers.moc"
