#include <torch/torch.h>

#include <QtTest>
#include <regex>

#include "families/changed_case.h"
#include "families/official_names.h"
#include "families/recognised_weights.h"
#include "support/test_main.h"
#include "tensor/input_spec.h"
#include "tensor/patches.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

using Renames = std::vector<std::pair<const char*, const char*>>;

/// Query, key and value in one tensor. @param attention  the end of the name before query.weight
NamedTensors fused(const NamedTensors& tensors, const std::string& attention, const std::string& whole) {
    NamedTensors result;
    for (const auto& [name, value] : tensors) {
        const auto query = name.find(attention + "query.weight");
        if (query != std::string::npos) {
            const std::string before = name.substr(0, query);
            result.emplace_back(before + whole, at::cat({value, named(tensors, before + attention + "key.weight"),
                                                         named(tensors, before + attention + "value.weight")}));
        } else if (name.find(attention + "key.weight") == std::string::npos && name.find(attention + "value.weight") == std::string::npos) {
            result.emplace_back(name, value);
        }
    }
    return result;
}

NamedTensors renamed(NamedTensors tensors, const Renames& renames) {
    for (auto& [name, value] : tensors)
        for (const auto& [from, to] : renames) name = std::regex_replace(name, std::regex(from), to);
    return tensors;
}

NamedTensors officialSwin(const NamedTensors& tensors) {
    return renamed(fused(tensors, "attention.self.", "attn.qkv.weight"), {{R"(^swin\.)", "encoder."},
                                                                          {R"(embeddings\.patch_embeddings\.projection)", "patch_embed.proj"},
                                                                          {R"(embeddings\.norm)", "patch_embed.norm"},
                                                                          {R"(embeddings\.mask_token)", "mask_token"},
                                                                          {R"(embeddings\.position_embeddings)", "absolute_pos_embed"},
                                                                          {R"(encoder\.encoder)", "encoder"},
                                                                          {"layernorm_before", "norm1"},
                                                                          {"layernorm_after", "norm2"},
                                                                          {"layernorm", "norm"},
                                                                          {R"(attention\.output\.dense)", "attn.proj"},
                                                                          {R"(attention\.self)", "attn"},
                                                                          {R"(intermediate\.dense)", "mlp.fc1"},
                                                                          {R"(output\.dense)", "mlp.fc2"}});
}

NamedTensors officialConvNext(const NamedTensors& tensors) {
    return renamed(tensors, {{R"(embeddings\.patch_embeddings)", "downsample_layers.0.0"},
                             {R"(embeddings\.layernorm)", "downsample_layers.0.1"},
                             {R"(encoder\.stages\.(\d)\.downsampling_layer)", "downsample_layers.$1"},
                             {R"(encoder\.stages\.(\d)\.layers)", "stages.$1"},
                             {R"(grn\.weight)", "grn.gamma"},
                             {R"(grn\.bias)", "grn.beta"},
                             {"layernorm", "norm"}});
}

NamedTensors officialVideo(const NamedTensors& tensors) {
    return renamed(fused(tensors, "attention.attention.", "attn.qkv.weight"), {{R"(^videomae\.)", "encoder."},
                                                                               {R"(embeddings\.patch_embeddings\.projection)", "patch_embed.proj"},
                                                                               {R"(encoder\.encoder\.layer)", "encoder.blocks"},
                                                                               {"decoder_layers", "blocks"},
                                                                               {"layernorm_before", "norm1"},
                                                                               {"layernorm_after", "norm2"},
                                                                               {"layernorm", "norm"},
                                                                               {R"(attention\.attention)", "attn"},
                                                                               {R"(attention\.output\.dense)", "attn.proj"},
                                                                               {R"(intermediate\.dense)", "mlp.fc1"},
                                                                               {R"(output\.dense)", "mlp.fc2"}});
}

/// The tensors as the pre-training of ConvNeXt V2 writes them: sparse layers with their wrappers, and no norm in the end.
NamedTensors officialSparse(const NamedTensors& tensors) {
    NamedTensors sparse;
    for (const auto& [name, value] : officialConvNext(tensors)) {
        if (name.find("norm.") == std::string::npos || name.find("stages.") != std::string::npos) {
            const bool stem = name.find("downsample_layers.0") != std::string::npos, kernel = !stem && value.dim() == 4;
            std::string theirs = "encoder." + name.substr(name.starts_with("convnextv2.") ? 11 : 0);
            at::Tensor given = value;
            if (kernel) {  // down the columns of a kernel, then input, then output
                const at::Tensor columns = value.transpose(2, 3).flatten(2);
                given = value.size(1) == 1 ? columns.squeeze(1).t() : columns.permute({2, 1, 0});
                theirs = std::regex_replace(theirs, std::regex(R"(\.weight$)"), ".kernel");
            } else if (!stem && name.ends_with(".bias") && name.find("norm") == std::string::npos) {
                given = value.reshape({1, -1});
            }
            theirs = std::regex_replace(theirs, std::regex(R"(\.(norm|downsample_layers\.[1-9]\.0)\.(weight|bias)$)"), ".$1.ln.$2");
            theirs = std::regex_replace(theirs, std::regex(R"(\.(pwconv.)\.(weight|bias)$)"), ".$1.linear.$2");
            sparse.emplace_back(theirs, given.contiguous());
        }
    }
    return sparse;
}

/// A tiny SimMIM on a ViT in its own names: width 64, two blocks, patches of 4 in images of 16.
NamedTensors officialSimMimVit() {
    NamedTensors tensors{{"encoder.cls_token", at::randn({1, 1, 64})},
                         {"encoder.mask_token", at::randn({1, 1, 64})},
                         {"encoder.patch_embed.proj.weight", at::randn({64, 3, 4, 4}) * 0.1},
                         {"encoder.patch_embed.proj.bias", at::randn({64})},
                         {"encoder.rel_pos_bias.relative_position_bias_table", at::randn({7 * 7 + 3, 1})},
                         {"encoder.rel_pos_bias.relative_position_index", at::zeros({17, 17}, at::kLong)},
                         {"encoder.norm.weight", at::rand({64})},
                         {"encoder.norm.bias", at::randn({64})},
                         {"decoder.0.weight", at::randn({48, 64, 1, 1})},
                         {"decoder.0.bias", at::randn({48})}};
    for (int i = 0; i < 2; ++i) {
        const std::string block = "encoder.blocks." + std::to_string(i) + ".";
        for (const char* name : {"gamma_1", "gamma_2", "norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias", "attn.q_bias", "attn.v_bias",
                                 "attn.proj.bias", "mlp.fc2.bias"})
            tensors.emplace_back(block + name, at::randn({64}));
        tensors.emplace_back(block + "attn.qkv.weight", at::randn({192, 64}) * 0.1);
        tensors.emplace_back(block + "attn.proj.weight", at::randn({64, 64}) * 0.1);
        tensors.emplace_back(block + "mlp.fc1.weight", at::randn({128, 64}) * 0.1);
        tensors.emplace_back(block + "mlp.fc1.bias", at::randn({128}));
        tensors.emplace_back(block + "mlp.fc2.weight", at::randn({64, 128}) * 0.1);
    }
    return tensors;
}

QString complaintAbout(const NamedTensors& tensors) {
    try {
        ModelWeights weights(tensors, "x.pth");
        recogniseWeights(weights);
    } catch (const DataError& error) {
        return error.what();
    }
    return {};
}

}  // namespace

/// Files that hold weights alone, under the names of their papers' code, are what the same weights are beside a config.
class TestOfficialNames : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void simMimOnSwinIsRecognised() {
        compare("swin_small", officialSwin, recogniseSwin, {"loss", "reconstruction", "hidden_states.0"}, [](nlohmann::json&) {},
                {"depths", "num_heads", "embed_dim", "window_size", "patch_size", "num_channels", "image_size", "encoder_stride", "mlp_ratio",
                 "qkv_bias", "use_absolute_embeddings", "model_type", "architectures"});
    }
    void convNextV2IsRecognised() {
        compare("convnextv2_small", officialConvNext, recogniseConvNextV2, {"last_hidden_state", "pooler_output"},
                [](nlohmann::json& config) { config["hidden_act"] = "relu"; },
                {"depths", "hidden_sizes", "num_stages", "patch_size", "num_channels", "model_type", "architectures"});
    }
    void videoMaeIsRecognised() {
        compare("videomae_small", officialVideo, recogniseVideoMae, {"loss", "logits"},
                [](nlohmann::json& config) {
                    config["image_size"] = 8;  // positions are computed, so no tensor tells these
                    config["num_frames"] = 8;
                    config["use_mean_pooling"] = true;
                },
                {"hidden_size", "num_hidden_layers", "intermediate_size", "tubelet_size", "num_channels", "decoder_hidden_size",
                 "decoder_num_hidden_layers", "decoder_intermediate_size", "model_type", "architectures"});
    }

    void jepaAnswersWithItsTargetEncoder() {
        const ChangedCase vit("timm_vit_2_options");
        NamedTensors both;
        for (const char* which : {"encoder.module.", "target_encoder.module."})
            for (const auto& [name, value] : vit.tensors) {
                at::Tensor taken = name == "pos_embed" ? value.narrow(1, 0, 2 + 16).clone() : value;
                if (std::string(which).starts_with("encoder") && taken.is_floating_point()) taken = taken + 1.0;
                both.emplace_back(which + name, taken);
            }
        both.emplace_back("predictor.module.predictor_embed.weight", at::zeros({4, 32}));
        ModelWeights weights(both, "jepa.pth.tar");
        recogniseWeights(weights);
        QVERIFY(at::equal(weights.take("blocks.0.norm1.weight"), named(vit.tensors, "blocks.0.norm1.weight")));
        const auto left = weights.unexpected();
        QVERIFY(std::find(left.begin(), left.end(), "predictor.module.predictor_embed.weight") != left.end());
    }

    void whatCannotBeExpressedIsNamed_data() {
        QTest::addColumn<QString>("tensor");
        QTest::addColumn<QString>("words");
        QTest::newRow("data2vec in fairseq's names") << "model.encoder.layers.0.self_attn.k_proj.weight"
                                                     << "fairseq";
    }
    void whatCannotBeExpressedIsNamed() {
        QFETCH(QString, tensor);
        QFETCH(QString, words);
        const QString complaint = complaintAbout({{tensor.toStdString(), at::zeros({4, 3, 2, 2})}});
        QVERIFY2(complaint.contains(words), qPrintable(complaint));
    }
    void sparseKernelsThatAreNoSquaresAreNamed() {
        const QString complaint =
            complaintAbout({{"downsample_layers.0.0.weight", at::zeros({4, 3, 2, 2})}, {"stages.0.0.dwconv.kernel", at::zeros({48, 4})}});
        QVERIFY2(complaint.contains("dwconv.kernel' is [48, 4]"), qPrintable(complaint));
    }
    void preTrainedConvNextV2IsRecognised() {
        const ChangedCase known("convnextv2_small");
        ModelWeights weights(officialSparse(known.tensors), "fcmae.pt");
        QVERIFY(weights.has("encoder.stages.0.0.dwconv.kernel") && weights.has("encoder.downsample_layers.1.0.ln.weight"));
        auto config = recogniseConvNextV2(weights);
        QVERIFY(config.has_value());
        (*config)["hidden_act"] = "relu";
        const OpenedModel opened = openFamilyModel(ModelConfig(*config, "official"), weights);
        QVERIFY2(opened.card.unexpected.empty(), opened.card.unexpected.empty() ? "" : opened.card.unexpected.front().c_str());
        QCOMPARE(opened.card.missing, std::vector<std::string>{"layernorm.weight"});
        const OpenedModel same = openFamilyModel(ModelConfig(known.config, "theirs"), ModelWeights(known.tensors, "theirs"));
        QVERIFY(at::equal(answer(opened, known.inputs(), "last_hidden_state"), answer(same, known.inputs(), "last_hidden_state")));
    }
    void preTrainedConvNextV2BringsItsDecoder() {
        NamedTensors tensors = officialSparse(ChangedCase("convnextv2_small").tensors);  // two stages: patches of 4 pixels, 2 channels
        const NamedTensors decoder{{"proj.weight", at::randn({6, 8, 1, 1})},
                                   {"proj.bias", at::randn({6})},
                                   {"mask_token", at::randn({1, 6, 1, 1})},
                                   {"decoder.0.dwconv.weight", at::randn({6, 1, 7, 7})},
                                   {"decoder.0.dwconv.bias", at::randn({6})},
                                   {"decoder.0.norm.weight", at::randn({6})},
                                   {"decoder.0.norm.bias", at::randn({6})},
                                   {"decoder.0.pwconv1.weight", at::randn({24, 6})},
                                   {"decoder.0.pwconv1.bias", at::randn({24})},
                                   {"decoder.0.grn.gamma", at::randn({1, 1, 1, 24})},
                                   {"decoder.0.grn.beta", at::randn({1, 1, 1, 24})},
                                   {"decoder.0.pwconv2.weight", at::randn({6, 24})},
                                   {"decoder.0.pwconv2.bias", at::randn({6})},
                                   {"pred.weight", at::randn({32, 6, 1, 1})},
                                   {"pred.bias", at::randn({32})}};
        tensors.insert(tensors.end(), decoder.begin(), decoder.end());
        const auto open = [&] {
            ModelWeights weights(tensors, "fcmae.pt");
            ModelConfig config = recogniseWeights(weights);
            return openFamilyModel(std::move(config), weights);
        };
        const OpenedModel opened = open();
        QVERIFY2(opened.card.unexpected.empty(), opened.card.unexpected.empty() ? "" : opened.card.unexpected.front().c_str());
        const auto method = opened.model->asMethod(Sides{24, 16});
        QVERIFY(method.has_value() && method->recipe.find("mask") != nullptr);
        const auto ours = [&](const char* name) { return named(method->weights, name); };
        QVERIFY(at::equal(ours("head_reconstruction.embed.weight"), named(decoder, "proj.weight").flatten(1)));
        QVERIFY(at::equal(ours("head_reconstruction.block0.grn.residual_scale"), named(decoder, "decoder.0.grn.gamma").flatten()));
        QVERIFY(at::equal(ours("head_reconstruction.predict.weight"), named(decoder, "pred.weight").flatten(1)));
        named(tensors, "pred.weight") = at::randn({30, 6, 1, 1});
        QVERIFY_THROWS_EXCEPTION(DataError, open());
    }
    void simMimOnVitBringsItsDecoder() {
        const NamedTensors tensors = officialSimMimVit();
        const OpenedModel opened = [&] {
            ModelWeights weights(tensors, "simmim.pth");
            ModelConfig config = recogniseWeights(weights);
            return openFamilyModel(std::move(config), weights);
        }();
        QVERIFY2(opened.card.unexpected.empty(), opened.card.unexpected.empty() ? "" : opened.card.unexpected.front().c_str());
        const auto method = opened.model->asMethod(std::nullopt);
        QVERIFY(method && method->recipe.find("mask") != nullptr);
        const auto ours = [&](const char* name) { return named(method->weights, name); };
        QVERIFY(at::equal(ours("encoder.mask_token").flatten(), named(tensors, "encoder.mask_token").flatten()));
        // Their decoder: a convolution, then PixelShuffle.
        const at::Tensor tokens = at::randn({2, 16, 64}), map = tokens.transpose(1, 2).reshape({2, 64, 4, 4});
        const at::Tensor theirs = at::pixel_shuffle(at::conv2d(map, named(tensors, "decoder.0.weight"), named(tensors, "decoder.0.bias")), 4);
        const at::Tensor values = at::linear(tokens, ours("head_reconstruction.predict.weight"), ours("head_reconstruction.predict.bias"));
        ImageInput input;
        input.height = input.width = 16;
        input.patchHeight = input.patchWidth = 4;
        QVERIFY(at::allclose(unpatchify(values, input), theirs, 1e-5, 1e-5));
    }

private:
    using Change = std::function<void(nlohmann::json&)>;
    void compare(const char* name, NamedTensors (*official)(const NamedTensors&), std::optional<nlohmann::json> (*recognise)(ModelWeights&),
                 const std::vector<std::string>& outputs, const Change& addUnknown, const std::vector<const char*>& keys) {
        const ChangedCase known(name);
        ModelWeights weights(official(known.tensors), "official.pth");
        auto config = recognise(weights);
        QVERIFY(config.has_value());
        for (const char* key : keys) QVERIFY2((*config)[key] == known.config[key], key);
        addUnknown(*config);
        // What no tensor tells is the same for both
        for (const char* key : {"num_attention_heads", "decoder_num_attention_heads"})
            if (config->contains(key)) (*config)[key] = 2;
        const OpenedModel opened = openFamilyModel(ModelConfig(*config, "official"), weights);
        QVERIFY2(opened.card.unexpected.empty(), opened.card.unexpected.empty() ? "" : opened.card.unexpected.front().c_str());
        const OpenedModel same = openFamilyModel(ModelConfig(*config, "theirs"), ModelWeights(known.tensors, "theirs"));
        for (const std::string& output : outputs)
            QVERIFY2(at::equal(answer(opened, known.inputs(), output), answer(same, known.inputs(), output)), output.c_str());
    }
};

MASKSCOPE_TEST(TestOfficialNames)
#include "tst_official_names.moc"
