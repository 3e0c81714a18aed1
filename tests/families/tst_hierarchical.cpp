#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "encoders/encoder.h"
#include "families/changed_case.h"
#include "heads/head.h"
#include "support/test_main.h"
#include "tensor/gather.h"
#include "tensor/patches.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

bool areClose(const at::Tensor& a, const at::Tensor& b) { return a.sizes() == b.sizes() && at::allclose(a, b, 1e-4, 1e-5); }

/// What a case asks its model, and what it expects.
NamedTensors inputsOf(const std::string& name) { return tensorsOf(keptCase(name) / "inputs.safetensors"); }
NamedTensors expectedOf(const std::string& name) { return tensorsOf(keptCase(name) / "expected.safetensors"); }

/// Puts one text for another in the names of all tensors.
void rename(NamedTensors& tensors, const std::string& from, const std::string& to) {
    for (auto& [name, value] : tensors)
        if (const auto place = name.find(from); place != std::string::npos) name.replace(place, from.size(), to);
}

/// A network of a recipe with a checkpoint's weights.
template <typename Module>
void fill(Module& module, const NamedTensors& weights, const std::string& prefix) {
    const torch::NoGradGuard noGrad;
    auto parameters = module.named_parameters();
    const auto buffers = module.named_buffers();
    std::size_t filled = 0;
    for (const auto& [name, value] : weights) {
        if (!name.starts_with(prefix)) continue;
        const std::string own = name.substr(prefix.size());
        if (at::Tensor* parameter = parameters.find(own))
            parameter->copy_(value);
        else
            buffers[own].copy_(value);
        ++filled;
    }
    if (filled < parameters.size()) throw DataError("some parameters got no value");
    module.eval();
}

/// The method that a checkpoint is, as far as it can be run below recipes: its encoder, its head and its masks.
class MethodOf {
public:
    explicit MethodOf(const FamilyModel& model, const Corruption& corruption) : foreign_(model.asMethod({}).value()), corruption_(corruption) {
        const Value& table = *foreign_.recipe.find("input");
        const auto sides = [&](const char* key, std::size_t i) { return table.find(key)->asArray()[i].asInteger(); };
        input_ = {.channels = table.find("channels")->asInteger(),
                  .height = sides("size", 0),
                  .width = sides("size", 1),
                  .patchHeight = sides("patch", 0),
                  .patchWidth = sides("patch", 1)};
        Value encoder = *foreign_.recipe.find("encoder");
        encoder.erase("sees");
        encoder_ = makeEncoderRegistry().make(encoder, "encoder", "kind", InputSpec{input_});
        encoder_->prepare(corruption_);
        fill(*encoder_, foreign_.weights, "encoder.");
        const InputSpec spec{input_};
        head_ = makeHeadRegistry().make(*foreign_.recipe.find("objective")->asArray().front().find("head"), "head", "kind",
                                        HeadContext{spec, encoder_->width(), input_.patchValues()});
        fill(*head_, foreign_.weights, "head_reconstruction.");
    }
    const ImageInput& input() const { return input_; }
    /// @param hidden  [B, N]   @return [B, N, values]
    at::Tensor predict(const at::Tensor& pixels, const at::Tensor& hidden) {
        View view;
        view.tensors["pixels"] = pixels;
        view.geometry = Geometry::grid(pixels.size(0), {input_.gridRows(), input_.gridColumns()});
        MaskPlan plan;
        Mask mask;
        mask.hidden = hidden;
        plan.add(std::move(mask));
        return head_->forward(encoder_->forward(view, plan, corruption_, {}), &plan.split("hidden"), TokenChoice::All);
    }

private:
    ForeignModel foreign_;
    Corruption corruption_;
    ImageInput input_;
    std::shared_ptr<Encoder> encoder_;
    std::shared_ptr<Head> head_;
};

}  // namespace

class TestHierarchical : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void configsThatCannotBeHonouredAreRefused_data();
    void configsThatCannotBeHonouredAreRefused();
    void weightsThatDoNotFitAreNamed_data();
    void weightsThatDoNotFitAreNamed();
    void bothGenerationsOfNamesOpen_data();
    void bothGenerationsOfNamesOpen();
    void pointwiseConvolutionsMayBeLinearMaps();
    void imagesAreFilledUpToWholePatches();
    void masksNeedAMaskToken();
    void swinIsTheMethodThatItSays();
    void hieraIsTheMethodThatItSays();
    void hiddenTubesDoNotReachThePrediction();
    void unequalMasksOfVideosAreRefused();
};

void TestHierarchical::configsThatCannotBeHonouredAreRefused_data() {
    QTest::addColumn<QString>("model");
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("value");
    const auto row = [](const char* name, const char* model, const char* key, const char* value) { QTest::newRow(name) << model << key << value; };
    row("a key that Swin does not know", "swin_small", "window_sise", "7");
    row("a Swin backbone", "swin_small", "architectures", "[\"SwinBackbone\"]");
    row("patches of Swin that are no squares", "swin_small", "patch_size", "[4, 2]");
    row("fewer heads than stages", "swin_small", "num_heads", "[2]");
    row("an activation that there is not", "swin_small", "hidden_act", "\"geluu\"");
    row("a window without a token", "swin_small", "window_size", "0");
    row("a Swin of timm that there is not", "timm_swinv2_small", "architecture", "\"swinv2_tiny_window9_256\"");
    row("a number of classes that the weights do not have", "timm_swinv2_small", "model_args",
        R"({"num_classes": 5, "img_size": [16, 20], "in_chans": 1,
        "patch_size": 2, "window_size": 4, "embed_dim": 8, "depths": [1, 2], "num_heads": [2, 2]})");
    row("a key of timm's model_args that nobody knows", "timm_swinv2_small", "model_args", R"({"num_classes": 3, "img_size": [16, 20], "in_chans": 1,
        "patch_size": 2, "window_size": 4, "embed_dim": 8, "depths": [1, 2], "num_heads": [2, 2], "swiglu": true})");
    row("stages of ConvNeXt that do not agree", "convnextv2_small", "num_stages", "3");
    row("a key that ConvNeXt does not know", "convnextv2_small", "use_grn", "false");
    row("mask units of Hiera that pooling does not make", "hiera_small", "masked_unit_size", "[8, 8]");
    row("more poolings than stages", "hiera_small", "num_query_pool", "2");
    row("images that mask units do not divide", "hiera_small", "image_size", "[40, 36]");
    row("a key that Hiera does not know", "hiera_small", "registers", "4");
    row("a decoder of no width", "hiera_small", "decoder_hidden_size", "null");
    row("a tube longer than the video", "videomae_small", "tubelet_size", "9");
    row("heads that do not divide the width", "videomae_small", "num_attention_heads", "3");
    row("a key that VideoMAE does not know", "videomae_small", "decoder_norm", "true");
}

void TestHierarchical::configsThatCannotBeHonouredAreRefused() {
    QFETCH(QString, model);
    QFETCH(QString, key);
    QFETCH(QString, value);
    ChangedCase changed(model.toStdString());
    QCOMPARE(changed.complaint(), QString());
    changed.config[key.toStdString()] = nlohmann::json::parse(value.toStdString());
    const QString complaint = changed.complaint();
    QVERIFY2(complaint.startsWith("config.json: ") && complaint.contains(key), qPrintable(complaint));
}

void TestHierarchical::weightsThatDoNotFitAreNamed_data() {
    QTest::addColumn<QString>("model");
    QTest::addColumn<QString>("tensor");
    for (const auto& [model, tensor] :
         {std::pair{"swin_small", "swin.encoder.layers.0.downsample.reduction.weight"},
          std::pair{"swin_small", "swin.encoder.layers.1.blocks.1.attention.self.relative_position_bias_table"},
          std::pair{"swin_small", "decoder.0.weight"}, std::pair{"timm_swinv2_small", "layers.1.blocks.1.attn.cpb_mlp.0.weight"},
          std::pair{"timm_swinv2_small", "head.fc.weight"}, std::pair{"convnextv2_small", "encoder.stages.1.layers.0.pwconv1.weight"},
          std::pair{"hiera_small", "multiscale_fusion.multi_scale_fusion_heads.0.weight"},
          std::pair{"hiera_small", "decoder.decoder_position_embeddings"},
          std::pair{"videomae_small", "videomae.encoder.layer.1.intermediate.dense.weight"}, std::pair{"videomae_small", "decoder.norm.weight"}})
        QTest::newRow(tensor) << model << tensor;
}

void TestHierarchical::weightsThatDoNotFitAreNamed() {
    QFETCH(QString, model);
    QFETCH(QString, tensor);
    const std::string name = tensor.toStdString();
    // Without the prefix that the library may leave out.
    const QString known = tensor.section('.', tensor.startsWith("swin.") || tensor.startsWith("videomae.") ? 1 : 0);
    ChangedCase missing(model.toStdString());
    missing.remove(name);
    const QString lacking = missing.complaint();
    QVERIFY2(lacking.contains(known), qPrintable(lacking));
    ChangedCase other(model.toStdString());
    other.tensor(name) = at::zeros({3, 2});
    const QString wrong = other.complaint();
    QVERIFY2(wrong.contains(known) && wrong.contains("[3, 2]"), qPrintable(wrong));
}

void TestHierarchical::bothGenerationsOfNamesOpen_data() {
    QTest::addColumn<QString>("model");
    QTest::addColumn<QStringList>("renamings");
    QTest::newRow("Swin, newer")
        << "swin_small"
        << QStringList{"attention.self.query",   "attention.q_proj", "attention.self.key",      "attention.k_proj",
                       "attention.self.value",   "attention.v_proj", "attention.self.relative", "attention.relative_position_bias.relative",
                       "attention.output.dense", "attention.o_proj", "intermediate.dense",      "mlp.fc1",
                       "output.dense",           "mlp.fc2"};
    QTest::newRow("Swin V2 in the authors' order of merging")
        << "timm_swinv2_small" << QStringList{"layers.1.downsample", "layers.0.downsample", "head.fc.", "head."};
    QTest::newRow("VideoMAE, newer") << "videomae_small" << QStringList{"q_bias", "query.bias", "v_bias", "value.bias"};
    QTest::newRow("ConvNeXt V2, with the prefix of larger models")
        << "convnextv2_small" << QStringList{"embeddings", "convnextv2.embeddings", "encoder", "convnextv2.encoder"};
}

void TestHierarchical::bothGenerationsOfNamesOpen() {
    QFETCH(QString, model);
    QFETCH(QStringList, renamings);
    ChangedCase changed(model.toStdString());
    for (qsizetype i = 0; i < renamings.size(); i += 2) rename(changed.tensors, renamings[i].toStdString(), renamings[i + 1].toStdString());
    const auto opened = changed.open();
    const NamedTensors outputs = runForward(*opened.model, inputsOf(model.toStdString()));
    for (const auto& [name, wanted] : expectedOf(model.toStdString())) QVERIFY2(areClose(named(outputs, name), wanted), name.c_str());
}

void TestHierarchical::pointwiseConvolutionsMayBeLinearMaps() {
    ChangedCase changed("timm_convnextv2_small");
    for (auto& [name, value] : changed.tensors)
        if (name.find(".mlp.fc") != std::string::npos && value.dim() == 4) value = value.flatten(1);
    changed.config["model_args"]["conv_mlp"] = false;
    const NamedTensors outputs = runForward(*changed.open().model, inputsOf("timm_convnextv2_small"));
    QVERIFY(areClose(named(outputs, "logits"), named(expectedOf("timm_convnextv2_small"), "logits")));
}

void TestHierarchical::imagesAreFilledUpToWholePatches() {
    ChangedCase changed("swin_small");
    const auto opened = changed.open();
    const at::Tensor whole = at::randn({1, 1, 20, 20}).slice(2, 0, 19).slice(3, 0, 19);
    const NamedTensors cut = runForward(*opened.model, {{"pixel_values", whole}});
    const NamedTensors filled = runForward(*opened.model, {{"pixel_values", at::constant_pad_nd(whole, {0, 1, 0, 1})}});
    QVERIFY(at::equal(named(cut, "reconstruction"), named(filled, "reconstruction")));
}

void TestHierarchical::masksNeedAMaskToken() {
    ChangedCase changed("swin_small");
    changed.remove("swin.embeddings.mask_token");
    changed.config["architectures"] = {"SwinModel"};
    const auto opened = changed.open();
    QVERIFY_THROWS_EXCEPTION(DataError, runForward(*opened.model, inputsOf("swin_small")));
    const NamedTensors outputs = runForward(*opened.model, {{"pixel_values", named(inputsOf("swin_small"), "pixel_values")}});
    QVERIFY(at::allclose(named(outputs, "pooler_output"), named(outputs, "last_hidden_state").mean(1), 1e-5, 1e-6));
}

void TestHierarchical::swinIsTheMethodThatItSays() {
    const ChangedCase changed("swin_small");
    const auto opened = changed.open();
    const torch::NoGradGuard noGrad;
    MethodOf method(*opened.model, {.kind = CorruptionKind::Token});
    const at::Tensor pixels = at::randn({2, 1, 20, 20}), hidden = at::rand({2, 25}).lt(0.5).to(at::kFloat);
    const at::Tensor stem = hidden.view({2, 5, 5}).repeat_interleave(2, 1).repeat_interleave(2, 2).flatten(1);
    const NamedTensors outputs = runForward(*opened.model, {{"pixel_values", pixels}, {"bool_masked_pos", stem.to(at::kBool)}});
    QVERIFY(areClose(unpatchify(method.predict(pixels, hidden), method.input()), named(outputs, "reconstruction")));
}

void TestHierarchical::hieraIsTheMethodThatItSays() {
    const ChangedCase changed("hiera_small");
    const auto opened = changed.open();
    const torch::NoGradGuard noGrad;
    MethodOf method(*opened.model, {.kind = CorruptionKind::Drop});
    const NamedTensors inputs = inputsOf("hiera_small"), outputs = runForward(*opened.model, inputs);
    const at::Tensor pixels = named(inputs, "pixel_values"), hidden = named(outputs, "bool_masked_pos").logical_not().to(at::kFloat);
    const at::Tensor ours = method.predict(pixels, hidden).unflatten(-1, {-1, method.input().channels}).transpose(-1, -2).flatten(-2);
    QVERIFY(areClose(ours, named(outputs, "logits")));
}

void TestHierarchical::hiddenTubesDoNotReachThePrediction() {
    ChangedCase changed("videomae_small");
    const auto opened = changed.open();
    const NamedTensors inputs = inputsOf("videomae_small");
    const at::Tensor video = named(inputs, "pixel_values"), hidden = named(inputs, "bool_masked_pos");
    at::Tensor other = video.clone();
    for (std::int64_t n = 0; n < hidden.size(1); ++n)  // tubes of 2 frames of 4 x 4 pixels, 2 x 2 a layer
        if (hidden[0][n].item<bool>())
            other[0].slice(0, n / 4 * 2, n / 4 * 2 + 2).slice(2, n % 4 / 2 * 4, n % 4 / 2 * 4 + 4).slice(3, n % 2 * 4, n % 2 * 4 + 4).fill_(3.0);
    const NamedTensors before = runForward(*opened.model, inputs),
                       after = runForward(*opened.model, {{"pixel_values", other}, {"bool_masked_pos", hidden}});
    QVERIFY(at::equal(named(before, "logits"), named(after, "logits")));
    QVERIFY(!at::equal(named(before, "loss"), named(after, "loss")));
}

void TestHierarchical::unequalMasksOfVideosAreRefused() {
    ChangedCase changed("videomae_small");
    const auto opened = changed.open();
    NamedTensors inputs = inputsOf("videomae_small");
    at::Tensor hidden = named(inputs, "bool_masked_pos");
    hidden[1].fill_(true);
    hidden[1][0] = false;
    QVERIFY_THROWS_EXCEPTION(DataError, runForward(*opened.model, {{"pixel_values", named(inputs, "pixel_values")}, {"bool_masked_pos", hidden}}));
    QVERIFY_THROWS_EXCEPTION(DataError, runForward(*opened.model, {{"pixel_values", named(inputs, "pixel_values")}}));
}

MASKSCOPE_TEST(TestHierarchical)
#include "tst_hierarchical.moc"
