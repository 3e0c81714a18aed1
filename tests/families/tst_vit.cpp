#include <torch/torch.h>

#include <QtTest>

#include <QTemporaryDir>

#include "families/changed_case.h"
#include "families/noise_mask.h"
#include "families/recognised_weights.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

at::Tensor ask(FamilyModel& model, const NamedTensors& inputs, const std::string& output) { return named(runForward(model, inputs), output); }

NamedTensors pictures(std::int64_t channels, std::int64_t height, std::int64_t width) {
    return {{"pixel_values", at::randn({2, channels, height, width})}};
}

/// MAE's official names for the tensors of a Hugging Face case.
NamedTensors officialMae(const NamedTensors& tensors) {
    const std::vector<std::pair<std::string, std::string>> renames{{"vit.embeddings.patch_embeddings.projection", "patch_embed.proj"},
                                                                   {"vit.embeddings.cls_token", "cls_token"},
                                                                   {"vit.embeddings.position_embeddings", "pos_embed"},
                                                                   {"vit.encoder.layer", "blocks"},
                                                                   {"vit.layernorm", "norm"},
                                                                   {"decoder.decoder_layers", "decoder_blocks"},
                                                                   {"decoder.", ""},
                                                                   {"layernorm_before", "norm1"},
                                                                   {"layernorm_after", "norm2"},
                                                                   {"attention.output.dense", "attn.proj"},
                                                                   {"intermediate.dense", "mlp.fc1"},
                                                                   {"output.dense", "mlp.fc2"}};
    NamedTensors official;
    for (const auto& [name, value] : tensors) {
        std::string other = name;
        for (const auto& [from, to] : renames)
            if (const auto place = other.find(from); place != std::string::npos) other.replace(place, from.size(), to);
        const auto query = other.find("attention.attention.query");
        if (other.find("attention.attention.") != std::string::npos && query == std::string::npos) continue;
        if (query == std::string::npos) {
            official.emplace_back("model." + other, value);
            continue;
        }
        const auto part = [&](const char* kind) {
            std::string wanted = name;
            wanted.replace(wanted.find("query"), 5, kind);
            return named(tensors, wanted);
        };
        other.replace(query, std::string("attention.attention.query").size(), "attn.qkv");
        official.emplace_back("model." + other, at::cat({value, part("key"), part("value")}));
    }
    return official;
}

}  // namespace

class TestVitFamilies : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(3); }

    void configsThatCannotBeHonouredAreRefused_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("value");
        const auto row = [](const char* name, const char* model, const char* key, const char* value) {
            QTest::newRow(name) << model << key << value;
        };
        row("a key that ViT does not know", "vit_1_nonsquare", "swiglu", "true");
        row("a class that ViT does not have", "vit_1_nonsquare", "architectures", "[\"ViTForSegmentation\"]");
        row("an activation that there is not", "vit_1_nonsquare", "hidden_act", "\"geluu\"");
        row("heads that do not divide the width", "vit_1_nonsquare", "num_attention_heads", "5");
        row("a width in words", "vit_1_nonsquare", "hidden_size", "\"wide\"");
        row("a pooler of another width", "vit_1_nonsquare", "pooler_output_size", "25");
        row("patches larger than images", "vit_1_nonsquare", "patch_size", "64");
        row("a stride that is no patch", "deit_mim_1_base", "encoder_stride", "4");
        row("a key that DeiT does not know", "deit_mim_1_base", "num_register_tokens", "4");
        row("a DINOv2 backbone", "dinov2_2_swiglu_resize", "architectures", "[\"Dinov2Backbone\"]");
        row("a key that DINOv2 does not know", "dinov2_2_swiglu_resize", "rope", "true");
        row("an MLP of no width", "dinov2_2_swiglu_resize", "mlp_ratio", "0");
        row("a CLIP with texts", "clip_vision_1_quickgelu", "architectures", "[\"CLIPModel\"]");
        row("a CLIP without patches", "clip_vision_1_quickgelu", "patch_size", "null");
        row("a ratio that hides everything", "vit_mae_1_base", "mask_ratio", "1.0");
        row("decoder heads that do not divide", "vit_mae_1_base", "decoder_num_attention_heads", "3");
        row("a key that MAE does not know", "vit_mae_1_base", "norm_pix", "true");
        row("an architecture of timm that there is not", "timm_vit_2_options", "architecture", "\"vit_base_patch16_rope_224\"");
        row("attention pooling", "timm_vit_2_options", "global_pool", "\"map\"");
        row("another width of features", "timm_vit_2_options", "num_features", "33");
    }
    void configsThatCannotBeHonouredAreRefused() {
        QFETCH(QString, model);
        QFETCH(QString, key);
        QFETCH(QString, value);
        ChangedCase changed(model.toStdString());
        QCOMPARE(changed.complaint(), QString());
        changed.config[key.toStdString()] = nlohmann::json::parse(value.toStdString());
        if (key == "global_pool") changed.config["model_args"].erase("global_pool");
        const QString complaint = changed.complaint();
        QVERIFY2(complaint.contains(key) || complaint.contains("pooler.dense.weight"), qPrintable("'" + complaint + "'"));
    }

    void weightsThatDoNotFitAreNamed_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("tensor");
        QTest::newRow("ViT") << "vit_1_nonsquare"
                             << "encoder.layer.1.attention.attention.key.weight";
        QTest::newRow("DeiT's second token") << "deit_mim_1_base"
                                             << "deit.embeddings.distillation_token";
        QTest::newRow("DINOv2's layer scale") << "dinov2_2_swiglu_resize"
                                              << "encoder.layer.0.layer_scale2.lambda1";
        QTest::newRow("CLIP's first norm") << "clip_vision_1_quickgelu"
                                           << "vision_model.pre_layrnorm.weight";
        QTest::newRow("MAE's decoder") << "vit_mae_1_base"
                                       << "decoder.decoder_pred.weight";
        QTest::newRow("timm's registers") << "timm_vit_2_options"
                                          << "reg_token";
    }
    void weightsThatDoNotFitAreNamed() {
        QFETCH(QString, model);
        QFETCH(QString, tensor);
        const std::string name = tensor.toStdString(), last = name.substr(name.find('.') + 1);
        ChangedCase missing(model.toStdString());
        missing.remove(name);
        QVERIFY2(missing.complaint().contains(last.c_str()), qPrintable(missing.complaint()));
        ChangedCase odd(model.toStdString());
        odd.tensor(name) = at::cat({odd.tensor(name), odd.tensor(name)}, -1);
        QVERIFY2(odd.complaint().contains(last.c_str()), qPrintable(odd.complaint()));
    }

    void unknownInputsAreRefused() {
        const OpenedModel opened = ChangedCase("vit_1_nonsquare").open();
        NamedTensors inputs = ChangedCase("vit_1_nonsquare").inputs();
        inputs.emplace_back("noise", at::zeros({2, 12}));
        QVERIFY_THROWS_EXCEPTION(DataError, runForward(*opened.model, inputs));
        QVERIFY_THROWS_EXCEPTION(DataError, runForward(*opened.model, {}));
        QVERIFY_THROWS_EXCEPTION(DataError, runForward(*opened.model, pictures(3, 32, 48)));
    }
    void masksNeedAMaskToken() {
        const OpenedModel opened = ChangedCase("vit_1_nonsquare").open();
        NamedTensors inputs = ChangedCase("vit_1_nonsquare").inputs();
        inputs.emplace_back("bool_masked_pos", at::zeros({2, 12}, at::kBool));
        QVERIFY_THROWS_EXCEPTION(DataError, runForward(*opened.model, inputs));
    }

    void theClassifierReadsItsToken() {
        ChangedCase changed("vit_1_nonsquare");
        changed.config["architectures"] = {"ViTForImageClassification"};
        for (const char* part : {"weight", "bias"}) changed.remove(std::string("pooler.dense.") + part);
        const at::Tensor weight = at::randn({5, 32}), bias = at::randn({5}), labels = at::tensor({1, 4});
        NamedTensors renamed;
        for (const auto& [name, value] : changed.tensors) renamed.emplace_back("vit." + name, value);
        changed.tensors = renamed;
        changed.tensors.emplace_back("classifier.weight", weight);
        changed.tensors.emplace_back("classifier.bias", bias);
        const OpenedModel opened = changed.open();
        NamedTensors inputs = changed.inputs();
        inputs.emplace_back("labels", labels);
        const NamedTensors outputs = runForward(*opened.model, inputs);
        const at::Tensor cls = named(changed.expected(), "last_hidden_state").select(1, 0), logits = at::linear(cls, weight, bias);
        QVERIFY(at::allclose(named(outputs, "logits"), logits, 1e-4, 1e-5));
        QVERIFY(at::allclose(named(outputs, "loss"), -logits.log_softmax(1).gather(1, labels.unsqueeze(1)).mean(), 1e-4, 1e-5));
    }

    /// A map that gives every channel of a pixel the same number can be told from one that mixes them up.
    void reconstructionsPutValuesWhereTheyBelong() {
        ChangedCase changed("deit_mim_1_base");
        changed.tensor("decoder.0.weight").zero_();
        at::Tensor bias = changed.tensor("decoder.0.bias");  // (channel, row, column) of a patch of 8 x 8
        bias.copy_(at::arange(bias.numel()).to(at::kFloat));
        const at::Tensor drawn = ask(*changed.open().model, pictures(3, 32, 32), "reconstruction");
        QVERIFY(at::equal(drawn[1].narrow(1, 8, 8).narrow(2, 16, 8), bias.view({3, 8, 8})));
    }

    void noiseKeepsTheLeast() {
        const at::Tensor noise = at::tensor({0.5, 0.1, 0.9, 0.3, 0.7}).unsqueeze(0);
        const NoiseMask mask = NoiseMask::of(noise, 0.5);
        QVERIFY(at::equal(mask.hidden, at::tensor({1.0F, 0.0F, 1.0F, 0.0F, 1.0F}).unsqueeze(0)));
        QVERIFY(at::equal(mask.idsRestore, at::tensor({2, 0, 4, 1, 3}).unsqueeze(0)));
        QVERIFY(at::equal(mask.keptRanks, at::tensor({0, 1}).unsqueeze(0)));
        QCOMPARE(NoiseMask::of(at::rand({1, 25}), 0.8).kept(), std::int64_t{4});
    }

    void halfPrecisionIsRead() {
        ChangedCase changed("vit_1_nonsquare");
        const at::Tensor whole = ask(*changed.open().model, changed.inputs(), "last_hidden_state");
        for (auto& [name, value] : changed.tensors) value = value.to(at::kBFloat16);
        const at::Tensor half = ask(*changed.open().model, changed.inputs(), "last_hidden_state");
        QCOMPARE(half.scalar_type(), at::kFloat);
        QVERIFY(!at::equal(half, whole) && at::allclose(half, whole, 0.1, 0.1));
    }

    void methodsTakeAnyImageSize() {
        for (const char* name : {"dinov2_2_swiglu_resize", "clip_vision_1_quickgelu", "timm_vit_2_options", "vit_mae_1_base", "deit_mim_1_base"}) {
            const OpenedModel opened = ChangedCase(name).open();
            const auto own = opened.model->asMethod({}), wide = opened.model->asMethod(Sides{56, 112});
            QVERIFY2(own && wide, name);
            const at::Tensor table = named(wide->weights, "encoder.pos_embed.table");
            const auto& patch = wide->recipe.find("input")->find("patch")->asArray();
            QCOMPARE(table.size(0), (56 / patch[0].asInteger()) * (112 / patch[1].asInteger()));
            QCOMPARE(own->weights.size(), wide->weights.size());
        }
    }

    void officialMaeFilesAreRecognised() {
        ChangedCase changed("vit_mae_1_base");
        // The file does not say how many heads there are, and MAE's code has its own epsilon.
        changed.config["num_attention_heads"] = 1;
        changed.config["decoder_num_attention_heads"] = 1;
        changed.config["layer_norm_eps"] = 1e-6;
        ModelWeights weights(officialMae(changed.tensors), "mae.pth");
        ModelConfig config = recogniseWeights(weights);
        config.get<double>("mask_ratio", 0.75);
        const auto openMae = [&] {
            for (const Family& family : families())
                if (family.name == "vit_mae") return family.open(config, weights);
            throw DataError("no family");
        };
        const auto recognised = openMae();
        QVERIFY2(weights.unexpected().empty(), weights.unexpected().empty() ? "" : weights.unexpected().front().c_str());
        for (const char* output : {"loss", "logits", "ids_restore", "hidden_states.1"})
            QVERIFY2(at::allclose(ask(*recognised, changed.inputs(), output), ask(*changed.open().model, changed.inputs(), output), 1e-5, 1e-6),
                     output);
    }
    void plainVitFilesAreRecognised() {
        const ChangedCase changed("timm_vit_2_options");
        NamedTensors square = changed.tensors;
        for (auto& [name, value] : square)
            if (name == "pos_embed") value = value.narrow(1, 0, 2 + 16).clone();
        ModelWeights weights(square, "vit.pth");
        ModelConfig config = recogniseWeights(weights);
        QCOMPARE(config.get<std::string>("architecture", ""), std::string("vit_base_patch16_224"));
        ModelConfig args = config.section("model_args");
        QCOMPARE(args.get<std::int64_t>("depth", 0), std::int64_t{3});
        QCOMPARE(args.get<std::int64_t>("reg_tokens", 0), std::int64_t{2});
        QVERIFY(!args.get<bool>("class_token", true) && args.get<bool>("qk_norm", false));
        QVERIFY(args.sides("img_size", {}) == (Sides{32, 32}));
    }
    /// transformers 5 keeps other names in memory, which torch.save of a state writes.
    void namesOfMemoryOpen_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("output");
        QTest::newRow("ViT") << "vit_1_nonsquare"
                             << "last_hidden_state";
        QTest::newRow("MAE and its decoder") << "vit_mae_1_base"
                                             << "logits";
    }
    void namesOfMemoryOpen() {
        QFETCH(QString, model);
        QFETCH(QString, output);
        const std::vector<std::pair<std::string, std::string>> renames{{"encoder.layer.", "layers."},
                                                                       {"attention.attention.query", "attention.q_proj"},
                                                                       {"attention.attention.key", "attention.k_proj"},
                                                                       {"attention.attention.value", "attention.v_proj"},
                                                                       {"attention.output.dense", "attention.o_proj"},
                                                                       {"intermediate.dense", "mlp.fc1"},
                                                                       {"output.dense", "mlp.fc2"}};
        ChangedCase changed(model.toStdString());
        const at::Tensor expected = ask(*changed.open().model, changed.inputs(), output.toStdString());
        for (auto& [name, value] : changed.tensors)
            for (const auto& [from, to] : renames)
                if (const auto place = name.find(from); place != std::string::npos) name.replace(place, from.size(), to);
        const OpenedModel opened = changed.open();
        QVERIFY(opened.card.unexpected.empty());
        QVERIFY(at::equal(ask(*opened.model, changed.inputs(), output.toStdString()), expected));
    }
    void strangeWeightsAreNotRecognised() {
        ModelWeights weights({{"conv.weight", at::zeros({2, 2})}}, "strange.pth");
        QVERIFY_THROWS_EXCEPTION(DataError, recogniseWeights(weights));
    }

    void foldersNeedAKnownType() {
        const QTemporaryDir folder;
        const std::filesystem::path place = folder.path().toStdString();
        writeSafetensors(place / "model.safetensors", {{"a", at::zeros({2})}});
        writeFileAtomically(place / "config.json", R"({"model_type": "vitt"})");
        try {
            openFamilyModel(place);
            QFAIL("it was opened");
        } catch (const DataError& error) {
            QVERIFY2(QString(error.what()).contains("vitt") && QString(error.what()).contains("did you mean 'vit'"), error.what());
        }
    }
};

MASKSCOPE_TEST(TestVitFamilies)
#include "tst_vit.moc"
