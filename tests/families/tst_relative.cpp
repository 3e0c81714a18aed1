#include <fmt/format.h>
#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "families/changed_case.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

NamedTensors pixels(std::int64_t batch, std::int64_t channels, std::int64_t height, std::int64_t width) {
    return {{"pixel_values", at::randn({batch, channels, height, width})}};
}

double distance(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

}  // namespace

/// BEiT, data2vec for images, EVA, FLAVA, BERT, RoBERTa and ESM: what their reference cases do not ask.
class TestRelative : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(7); }

    void unknownKeysAreRefusedByName_data() {
        QTest::addColumn<QString>("name");
        for (const char* name : {"beit_4_relpos_nonsquare", "data2vec_vision_1_shared", "timm_eva02_2_base", "bert_1_base", "roberta_2_inner_pad",
                                 "esm_1_rotary", "flava_3_image_only_mim"})
            QTest::newRow(name) << name;
    }
    void unknownKeysAreRefusedByName() {
        QFETCH(QString, name);
        ChangedCase changed(name.toStdString());
        QCOMPARE(changed.complaint(), QString());
        changed.config["attention_is_upside_down"] = true;
        const QString refusal = changed.complaint();
        QVERIFY2(refusal.contains("attention_is_upside_down") && refusal.contains("cannot be honoured"), qPrintable(refusal));
    }

    void settingsThatCannotBeHonouredAreRefused_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("patch");
        QTest::addColumn<QString>("word");
        QTest::newRow("segmentation") << "beit_4_relpos_nonsquare"
                                      << R"({"architectures": ["BeitForSemanticSegmentation"]})"
                                      << "architectures";
        QTest::newRow("a decoder") << "bert_1_base"
                                   << R"({"is_decoder": true})"
                                   << "is_decoder";
        QTest::newRow("relative keys") << "bert_1_base"
                                       << R"({"position_embedding_type": "relative_key"})"
                                       << "position_embedding_type";
        QTest::newRow("folding") << "esm_1_rotary"
                                 << R"({"is_folding_model": true})"
                                 << "is_folding_model";
        QTest::newRow("heads that do not divide the width") << "esm_1_rotary"
                                                            << R"({"num_attention_heads": 5})"
                                                            << "num_attention_heads";
        QTest::newRow("an activation that is none") << "bert_1_base"
                                                    << R"({"hidden_act": "wobble"})"
                                                    << "hidden_act";
        QTest::newRow("an architecture that timm has not") << "timm_eva02_2_base"
                                                           << R"({"architecture": "eva02_huge_patch14_224"})"
                                                           << "architecture";
        QTest::newRow("pooling by attention") << "timm_eva02_2_base"
                                              << R"({"model_args": {"global_pool": "map"}})"
                                              << "global_pool";
        QTest::newRow("another number of groups") << "flava_3_image_only_mim"
                                                  << R"({"image_codebook_config": {"num_groups": 3}})"
                                                  << "num_groups";
    }
    void settingsThatCannotBeHonouredAreRefused() {
        QFETCH(QString, name);
        QFETCH(QString, patch);
        QFETCH(QString, word);
        ChangedCase changed(name.toStdString());
        changed.config.merge_patch(nlohmann::json::parse(patch.toStdString()));
        const QString refusal = changed.complaint();
        QVERIFY2(refusal.contains(word), qPrintable(refusal));
    }

    void tensorsThatAreMissingOrDoNotFitAreNamed_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("tensor");
        QTest::newRow("a bias table") << "beit_4_relpos_nonsquare"
                                      << "beit.encoder.layer.1.attention.attention.relative_position_bias.relative_position_bias_table";
        QTest::newRow("a shared bias table") << "data2vec_vision_1_shared"
                                             << "encoder.relative_position_bias.relative_position_bias_table";
        QTest::newRow("an inner norm") << "timm_eva02_2_base"
                                       << "blocks.1.mlp.norm.weight";
        QTest::newRow("a bias of queries") << "timm_eva02_2_base"
                                           << "blocks.0.attn.q_proj.bias";
        QTest::newRow("words") << "bert_1_base"
                               << "bert.embeddings.word_embeddings.weight";
        QTest::newRow("the norm after ESM's blocks") << "esm_1_rotary"
                                                     << "esm.encoder.emb_layer_norm_after.weight";
        QTest::newRow("a codebook's convolution") << "flava_3_image_only_mim"
                                                  << "image_codebook.blocks.group_2.group.block_1.res_path.path.conv_3.weight";
        QTest::newRow("a map to the multimodal encoder") << "flava_3_image_only_mim"
                                                         << "flava.image_to_mm_projection.weight";
    }
    void tensorsThatAreMissingOrDoNotFitAreNamed() {
        QFETCH(QString, name);
        QFETCH(QString, tensor);
        const std::string wanted = tensor.toStdString(), ending = wanted.substr(wanted.find('.') + 1);
        ChangedCase without(name.toStdString()), wider(name.toStdString());
        without.remove(wanted);
        const QString missing = without.complaint();
        QVERIFY2(missing.contains(ending.c_str()), qPrintable(missing));
        at::Tensor& other = wider.tensor(wanted);
        other = at::cat({other, other}, 0);
        QVERIFY2(!wider.complaint().isEmpty(), "a tensor of twice the size opens");
    }

    void imagesOfOtherSizesAreSeen_data() {
        QTest::addColumn<QString>("name");
        QTest::newRow("BEiT") << "beit_4_relpos_nonsquare";
        QTest::newRow("data2vec") << "data2vec_vision_1_shared";
        QTest::newRow("EVA-02") << "timm_eva02_2_base";
        QTest::newRow("FLAVA") << "flava_3_image_only_mim";
    }
    /// Whatever lies beyond whole patches does not count, and the size first asked for answers as before.
    void imagesOfOtherSizesAreSeen() {
        QFETCH(QString, name);
        const auto model = ChangedCase(name.toStdString()).open();
        const std::string output = name.startsWith("timm") ? "features" : "hidden_states.1";
        const std::string whole = name.startsWith("flava") ? "image_output." + output : output;
        const NamedTensors first = pixels(1, 3, 32, 40), larger = pixels(2, 3, 41, 50);
        const at::Tensor before = answer(model, first, whole);
        const at::Tensor seen = answer(model, larger, whole);
        QCOMPARE(seen.size(1), std::int64_t(1 + 5 * 6));
        QVERIFY(at::equal(seen, answer(model, {{"pixel_values", larger.front().second.narrow(2, 0, 40).narrow(3, 0, 48)}}, whole)));
        QVERIFY(at::equal(before, answer(model, first, whole)));
    }

    void aMaskNeedsAMaskToken() {
        ChangedCase changed("data2vec_vision_1_shared");
        changed.config["use_mask_token"] = false;
        NamedTensors inputs = pixels(2, 3, 32, 32);
        inputs.emplace_back("bool_masked_pos", at::zeros({2, 16}, at::kBool));
        const auto model = changed.open();
        QVERIFY_EXCEPTION_THROWN(runForward(*model.model, inputs), DataError);
    }

    /// Each of two bias tables counts, whether one for each block, one for all, or both.
    void biasesOfBlocksAndSharedOnesAddUp() {
        ChangedCase both("data2vec_vision_1_shared");
        const at::Tensor shared = both.tensor("encoder.relative_position_bias.relative_position_bias_table");
        const auto model = both.open();
        both.config["use_relative_position_bias"] = true;
        for (int layer = 0; layer < 2; ++layer)
            both.tensors.emplace_back(fmt::format("encoder.layer.{}.attention.attention.relative_position_bias.relative_position_bias_table", layer),
                                      -shared);
        const auto cancelled = both.open();
        ChangedCase none("data2vec_vision_1_shared");
        none.config["use_shared_relative_position_bias"] = false;
        const auto without = none.open();
        const NamedTensors inputs = pixels(1, 3, 32, 32);
        const at::Tensor expected = answer(without, inputs, "last_hidden_state");
        QVERIFY(distance(answer(cancelled, inputs, "last_hidden_state"), expected) < 1e-5);
        QVERIFY(distance(answer(model, inputs, "last_hidden_state"), expected) > 1e-3);
    }

    /// Old files call the weights of norms gamma and beta.
    void oldNamesOfNormsAreKnown() {
        ChangedCase changed("bert_1_base");
        const NamedTensors inputs{{"input_ids", at::randint(0, 60, {2, 6}, at::kLong)}};
        const at::Tensor expected = answer(changed.open(), inputs, "logits");
        for (auto& [name, value] : changed.tensors)
            for (const auto& [now, then] :
                 {std::pair<std::string, std::string>{"LayerNorm.weight", "LayerNorm.gamma"}, {"LayerNorm.bias", "LayerNorm.beta"}})
                if (name.ends_with(now)) name = name.substr(0, name.size() - now.size()) + then;
        QVERIFY(at::equal(answer(changed.open(), inputs, "logits"), expected));
    }

    void aTextsPaddingChangesNothing_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("padding");
        QTest::newRow("BERT") << "bert_1_base" << 0;
        QTest::newRow("RoBERTa") << "roberta_2_inner_pad" << 1;
        QTest::newRow("ESM") << "esm_1_rotary" << 1;
    }
    void aTextsPaddingChangesNothing() {
        QFETCH(QString, name);
        QFETCH(int, padding);
        const auto model = ChangedCase(name.toStdString()).open();
        const at::Tensor tokens = at::randint(5, 60, {2, 7}, at::kLong), ones = at::ones({2, 7}, at::kLong);
        const at::Tensor longer = at::cat({tokens, at::full({2, 3}, padding, at::kLong)}, 1), real = at::cat({ones, at::zeros({2, 3}, at::kLong)}, 1);
        const at::Tensor alone = answer(model, {{"input_ids", tokens}, {"attention_mask", ones}}, "logits");
        const at::Tensor padded = answer(model, {{"input_ids", longer}, {"attention_mask", real}}, "logits");
        QVERIFY(distance(padded.narrow(1, 0, 7), alone) < 1e-5);
    }

    /// BertForQuestionAnswering: two numbers a token; an answer beyond the text counts for nothing.
    void answersToQuestionsHaveTwoEnds() {
        ChangedCase changed("bert_1_base");
        changed.config["architectures"] = {"BertForQuestionAnswering"};
        std::erase_if(changed.tensors, [](const NamedTensor& tensor) { return tensor.first.starts_with("cls."); });
        changed.add("qa_outputs.weight", at::randn({2, 32}));
        changed.add("qa_outputs.bias", at::randn({2}));
        const auto model = changed.open();
        const NamedTensors inputs{{"input_ids", at::randint(0, 60, {2, 6}, at::kLong)},
                                  {"start_positions", at::tensor({2, 1}, at::kLong)},
                                  {"end_positions", at::tensor({5, 9}, at::kLong)}};
        const NamedTensors outputs = runForward(*model.model, inputs);
        const at::Tensor last = named(outputs, "hidden_states.2");
        const at::Tensor both = at::linear(last, named(changed.tensors, "qa_outputs.weight"), named(changed.tensors, "qa_outputs.bias"));
        const at::Tensor start = named(outputs, "start_logits"), end = named(outputs, "end_logits");
        QVERIFY(at::allclose(start, both.select(2, 0)) && at::allclose(end, both.select(2, 1)));
        const at::Tensor starts = -(start.log_softmax(1)[0][2] + start.log_softmax(1)[1][1]) / 2, ends = -end.log_softmax(1)[0][5];
        QVERIFY(at::allclose(named(outputs, "loss"), (starts + ends) / 2));
        changed.tensor("qa_outputs.weight") = at::randn({3, 32});
        changed.tensor("qa_outputs.bias") = at::randn({3});
        QVERIFY(changed.complaint().contains("expected 2"));
    }

    void inputsThatDoNotFitAreRefused() {
        const auto model = ChangedCase("bert_1_base").open();
        const at::Tensor tokens = at::zeros({1, 4}, at::kLong);
        QVERIFY_EXCEPTION_THROWN(runForward(*model.model, {{"attention_mask", tokens}}), DataError);
        QVERIFY_EXCEPTION_THROWN(runForward(*model.model, {{"input_ids", tokens + 60}}), DataError);
        QVERIFY_EXCEPTION_THROWN(runForward(*model.model, {{"input_ids", tokens}, {"attention_mask", at::ones({1, 5})}}), DataError);
        QVERIFY_EXCEPTION_THROWN(runForward(*model.model, {{"input_ids", tokens}, {"pixel_values", tokens}}), DataError);
        QVERIFY_EXCEPTION_THROWN(runForward(*model.model, {{"input_ids", tokens}, {"labels", at::zeros({1, 3}, at::kLong)}}), DataError);
    }
};

MASKSCOPE_TEST(TestRelative)
#include "tst_relative.moc"
