#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/toml.h"
#include "encoders/encoder.h"
#include "encoders/encoder_checks.h"
#include "layers/initialization.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

const InputSpec kAudio{AudioInput{.samples = 300, .window = 40, .hop = 20}};
const InputSpec kSeries{SeriesInput{.channels = 3, .length = 30, .patch = 6, .stride = 5}};
const InputSpec kCodes{TextInput{.vocabulary = 17, .length = 12}};
constexpr const char* kWaveform =
    "kind = 'waveform_transformer'\nwidth = 16\ndepth = 2\nheads = 2\nconv_channels = [4, 6, 8]\nconv_kernels = [10, 3, 3]\n"
    "conv_strides = [5, 2, 2]\nposition_kernel = 4\nposition_groups = 2\nconv_norm = 'layer'\n";
constexpr const char* kSeriesTransformer = "kind = 'series_transformer'\nwidth = 16\ndepth = 2\nheads = 2\n";
constexpr const char* kCausal = "kind = 'causal_transformer'\nwidth = 16\ndepth = 2\nheads = 2\n";

const Corruption kToken{.kind = CorruptionKind::Token}, kZero{.kind = CorruptionKind::Zero, .place = CorruptionPlace::Input};

std::shared_ptr<Encoder> makeEncoder(const std::string& settings, const InputSpec& input, const std::string& more = "") {
    auto encoder = makeEncoderRegistry().make(merged(parseToml(settings, "test"), parseToml(more, "test")), "encoder", "kind", input);
    if (encoder->honours(kToken)) encoder->prepare(kToken);
    initializeParameters(*encoder, encoder->initialization(), 1);
    encoder->eval();
    return encoder;
}

View waveforms() {
    View view;
    view.tensors["waveform"] = at::randn({2, 300});
    at::Tensor real = at::ones({2, 14}, at::kBool);
    real[1].narrow(0, 9, 5).fill_(false);
    view.geometry = Geometry::sequence(2, 14, real);
    return view;
}

View seriesView() {
    View view;
    view.tensors["series"] = at::randn({2, 30, 3});
    view.geometry = Geometry::grid(2, {3, 5});
    return view;
}

View codes() {
    View view;
    view.tensors["tokens"] = at::randint(0, 17, {2, 9}, at::kLong);
    view.geometry = Geometry::sequence(2, 9, {});
    return view;
}

at::Tensor everyThird(std::int64_t rows, std::int64_t tokens) { return at::arange(tokens).remainder(3).eq(1).expand({rows, tokens}).to(at::kFloat); }

/// The gradient of every parameter after a step on the sum of weighted tokens.
bool everyParameterLearns(Encoder& encoder, const Features& features) {
    ((features.tokens * at::randn_like(features.tokens)).sum() + (features.prefix.defined() ? (features.prefix * 0.3).sum() : at::zeros({})))
        .backward();
    for (const auto& item : encoder.named_parameters()) {
        const at::Tensor& gradient = item.value().grad();
        if (gradient.defined() && gradient.isfinite().all().item<bool>() && gradient.abs().max().item<double>() > 0.0) continue;
        qWarning("no gradient: %s", item.key().c_str());
        return false;
    }
    return true;
}

}  // namespace

class TestSequenceEncoders : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(3); }

    void everyParameterOfEachLearns_data() {
        QTest::addColumn<QString>("more");
        QTest::newRow("norms after the sums") << QString();
        QTest::newRow("norms before attention") << QString("norm = 'pre'");
        QTest::newRow("adapters, batch norm of positions") << QString("norm = 'pre'\nadapter_width = 4\nposition_norm = 'batch'\nframe_norm = false");
        QTest::newRow("several convolutions for positions") << QString("position_norm = 'token'\nposition_depth = 3");
    }
    void everyParameterOfEachLearns() {
        QFETCH(QString, more);
        const auto encoder = makeEncoder(kWaveform, kAudio, more.toStdString());
        const View view = waveforms();
        const Features features = encoder->forward(view, planOf(everyThird(2, 14)), kToken, {});
        QCOMPARE(features.tokens.sizes().vec(), (std::vector<std::int64_t>{2, 14, 16}));
        QCOMPARE(features.local.sizes().vec(), (std::vector<std::int64_t>{2, 14, 8}));
        QVERIFY(everyParameterLearns(*encoder, features));
    }

    void hiddenFramesAreNotHeard() {
        const auto encoder = makeEncoder(kWaveform, kAudio);
        View view = waveforms();
        // Samples 100 to 119 are seen by the frames 4 and 5 alone.
        at::Tensor hidden = at::zeros({2, 14});
        hidden.narrow(1, 4, 2).fill_(1);
        const at::Tensor before = encoder->forward(view, planOf(hidden), kToken, {}).tokens, open = encoder->forward(view, MaskPlan(), {}, {}).tokens;
        view.tensors["waveform"] = view.tensor("waveform").clone();
        view.tensors["waveform"].narrow(1, 100, 20).neg_();
        QVERIFY(at::equal(encoder->forward(view, planOf(hidden), kToken, {}).tokens, before));
        QVERIFY(!at::equal(encoder->forward(view, MaskPlan(), {}, {}).tokens, open));
        QVERIFY(!at::equal(before, open));
    }

    void copiesOfASampleAreMaskedEachForItself() {
        const auto encoder = makeEncoder(kWaveform, kAudio);
        const View view = waveforms();
        const at::Tensor one = everyThird(2, 14), other = one.roll(1, 1);
        const at::Tensor both = at::stack({one, other}, 1).flatten(0, 1);
        const at::Tensor tokens = encoder->forward(view, planOf(both, 2), kToken, {}).tokens.unflatten(0, {2, 2});
        QVERIFY(at::allclose(tokens.select(1, 0), encoder->forward(view, planOf(one), kToken, {}).tokens, 1e-5, 1e-6));
        QVERIFY(at::allclose(tokens.select(1, 1), encoder->forward(view, planOf(other), kToken, {}).tokens, 1e-5, 1e-6));
    }

    void paddedFramesReachNobody() {
        const auto encoder = makeEncoder(kWaveform, kAudio);
        const View view = waveforms();
        View other = view;
        other.tensors["waveform"] = view.tensor("waveform").clone();
        other.tensors["waveform"][1].narrow(0, 200, 100).fill_(3.0);  // frame 8 ends with sample 199
        const Features a = encoder->forward(view, MaskPlan(), {}, {.layers = true}), b = encoder->forward(other, MaskPlan(), {}, {.layers = true});
        QVERIFY(at::equal(a.tokens[0], b.tokens[0]));
        QVERIFY(at::allclose(a.tokens[1].narrow(0, 0, 9), b.tokens[1].narrow(0, 0, 9), 1e-5, 1e-6));
        QVERIFY(at::equal(a.embedded[1], b.embedded[1]));
        QCOMPARE(a.layers.size(), std::size_t{2});
    }

    void convolutionsAndInputMustAgree() {
        QVERIFY_EXCEPTION_THROWN(makeEncoder(kWaveform, InputSpec{AudioInput{.samples = 300}}), RecipeError);
        QVERIFY_EXCEPTION_THROWN(makeEncoder(kWaveform, kSeries), RecipeError);
        QVERIFY_EXCEPTION_THROWN(makeEncoder(kWaveform, kAudio, "position_groups = 3"), RecipeError);
        QVERIFY_EXCEPTION_THROWN(makeEncoder(kWaveform, kAudio, "conv_activation = 'gelee'"), RecipeError);
    }

    void seriesTokensAreAGridOfSeriesByPatches_data() {
        QTest::addColumn<QString>("more");
        QTest::addColumn<int>("prefix");
        QTest::newRow("as published") << QString() << 0;
        QTest::newRow("class tokens") << QString("cls = true\npositions = 'learned'") << 3;
        QTest::newRow("attention among series, norms after the sums") << QString("across_series = true\nnorm = 'post'\nnorm_kind = 'layer'") << 0;
        QTest::newRow("a map a series") << QString("shared_embedding = false\ncls = true") << 3;
    }
    void seriesTokensAreAGridOfSeriesByPatches() {
        QFETCH(QString, more);
        QFETCH(int, prefix);
        const auto encoder = makeEncoder(kSeriesTransformer, kSeries, more.toStdString());
        encoder->train();
        const Features features = encoder->forward(seriesView(), planOf(everyThird(2, 15)), kZero, {.layers = true, .attentions = true});
        QCOMPARE(features.tokens.sizes().vec(), (std::vector<std::int64_t>{2, 15, 16}));
        QCOMPARE(features.prefixCount(), std::int64_t{prefix});
        QCOMPARE(features.layers[1].sizes().vec(), (std::vector<std::int64_t>{2, 15 + prefix, 16}));
        const std::int64_t length = 5 + prefix / 3;
        QCOMPARE(features.attentions[0].sizes().vec(), (std::vector<std::int64_t>{6, 2, length, length}));
        QVERIFY(everyParameterLearns(*encoder, features));
    }

    void seriesDoNotMixUnlessAsked() {
        for (const bool across : {false, true}) {
            const auto encoder = makeEncoder(kSeriesTransformer, kSeries, across ? "across_series = true" : "");
            const View view = seriesView();
            View other = view;
            other.tensors["series"] = view.tensor("series").clone();
            other.tensors["series"].select(2, 1).add_(1.0 + at::arange(30));
            const auto tokens = [&](const View& of) { return encoder->forward(of, MaskPlan(), {}, {}).tokens.unflatten(1, {3, 5}); };
            const at::Tensor a = tokens(view), b = tokens(other);
            QVERIFY(!at::equal(a.select(1, 1), b.select(1, 1)));
            for (const std::int64_t series : {0, 2}) QCOMPARE(at::allclose(a.select(1, series), b.select(1, series), 1e-5, 1e-6), !across);
        }
    }

    void hiddenPatchesHoldTheHiddenValue() {
        const auto encoder = makeEncoder(kSeriesTransformer, InputSpec{SeriesInput{.channels = 3, .length = 30, .patch = 6}}, "hidden_value = 0.25");
        const View view = seriesView();
        View filled = view;
        filled.tensors["series"] = view.tensor("series").clone();
        filled.tensors["series"].select(2, 1).narrow(1, 12, 6).fill_(0.25);
        at::Tensor hidden = at::zeros({2, 15});
        hidden.select(1, 5 + 2).fill_(1);
        QVERIFY(
            at::allclose(encoder->forward(view, planOf(hidden), kZero, {}).tokens, encoder->forward(filled, MaskPlan(), {}, {}).tokens, 1e-5, 1e-6));
    }

    void whatSeriesBlocksLackIsRefused() {
        for (const char* more :
             {"norm = 'branch'", "gated_mlp = true", "layer_scale = 0.1", "final_norm = true", "drop_path = 0.1", "mlp_norm = true"})
            QVERIFY_EXCEPTION_THROWN(makeEncoder(kSeriesTransformer, kSeries, more), RecipeError);
        const auto encoder = makeEncoder(kSeriesTransformer, kSeries);
        QVERIFY(!encoder->honours(kToken));
        View wrong = seriesView();
        wrong.tensors["series"] = at::randn({2, 29, 3});
        QVERIFY_EXCEPTION_THROWN(encoder->forward(wrong, MaskPlan(), {}, {}), ShapeError);
    }

    void codesSeeOnlyWhatCameBefore() {
        const auto encoder = makeEncoder(kCausal, kCodes);
        const View view = codes();
        const Features before = encoder->forward(view, MaskPlan(), {}, {}), watched = encoder->forward(view, MaskPlan(), {}, {.attentions = true});
        for (std::int64_t n = 0; n < 9; ++n) {
            View other = view;
            other.tensors["tokens"] = view.tensor("tokens").clone();
            other.tensors["tokens"].select(1, n).add_(1).remainder_(17);
            const at::Tensor moved = (encoder->forward(other, MaskPlan(), {}, {}).tokens - before.tokens).abs().amax(-1).gt(0);
            QVERIFY(!moved.narrow(1, 0, n).any().item<bool>());
            QVERIFY(moved.narrow(1, n, 9 - n).all().item<bool>());
        }
        QCOMPARE(watched.attentions[0].triu(1).abs().max().item<double>(), 0.0);
        QVERIFY(at::allclose(watched.attentions[1].sum(-1), at::ones({2, 2, 9})));
        QVERIFY(everyParameterLearns(*encoder, encoder->forward(
                                                   [] {
                                                       View whole = codes();
                                                       whole.tensors["tokens"] = at::arange(24).remainder(17).view({2, 12});
                                                       whole.geometry = Geometry::sequence(2, 12, {});
                                                       return whole;
                                                   }(),
                                                   MaskPlan(), {}, {})));
    }

    void paddedCodesAreNotSeen() {
        const auto encoder = makeEncoder(kCausal, kCodes);
        View view = codes();
        view.geometry.valid = at::ones({2, 9}, at::kBool);
        view.geometry.valid[0].narrow(0, 2, 3).fill_(false);
        View other = view;
        other.tensors["tokens"] = view.tensor("tokens").clone();
        other.tensors["tokens"][0].narrow(0, 2, 3).add_(1).remainder_(17);
        const at::Tensor a = encoder->forward(view, MaskPlan(), {}, {}).tokens, b = encoder->forward(other, MaskPlan(), {}, {}).tokens;
        QVERIFY(at::equal(a[0].narrow(0, 5, 4), b[0].narrow(0, 5, 4)));
        QVERIFY(!at::equal(a[0].narrow(0, 2, 3), b[0].narrow(0, 2, 3)));
        View longer = codes();
        longer.tensors["tokens"] = at::zeros({2, 13}, at::kLong);
        QVERIFY_EXCEPTION_THROWN(encoder->forward(longer, MaskPlan(), {}, {}), ShapeError);
    }

    void layersAreNumberedForDecay() {
        const auto waves = makeEncoder(kWaveform, kAudio, "norm = 'pre'\nadapter_width = 4");
        for (const auto& [name, layer] : {std::pair{"features.conv0.weight", 0},
                                          {"mask_token", 0},
                                          {"transformer.block1.fc1.weight", 2},
                                          {"adapter0_up.weight", 1},
                                          {"transformer.norm.weight", 3}})
            QCOMPARE(waves->layerOf(name), std::int64_t{layer});
        const auto series = makeEncoder(kSeriesTransformer, kSeries);
        QCOMPARE(series->layerOf("embed_weight"), std::int64_t{0});
        QCOMPARE(series->layerOf("block1.attn.qkv.weight"), std::int64_t{2});
        QCOMPARE(makeEncoder(kCausal, kCodes)->layerOf("word_table"), std::int64_t{0});
    }
};

MASKSCOPE_TEST(TestSequenceEncoders)
#include "tst_sequence_encoders.moc"
