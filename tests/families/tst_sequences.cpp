#include <torch/torch.h>

#include <QTemporaryDir>
#include <QtTest>

#include "core/error.h"
#include "families/changed_case.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {}  // namespace

class TestSequences : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void equalsTheReference_data() {
        QTest::addColumn<QString>("folder");
        for (const auto& place : casesOf({"ast_", "wav2vec2_", "hubert_", "data2vec_audio_", "imagegpt_", "patchtst_"}))
            QTest::newRow(place.filename().c_str()) << QString::fromStdString(place.string());
    }
    void equalsTheReference() {
        QFETCH(QString, folder);
        const QString bad = differencesFrom(folder.toStdString());
        QVERIFY2(bad.isEmpty(), qPrintable(bad));
    }

    void whatCannotBeHonouredIsNamed_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("value");
        const auto row = [](const char* name, const char* model, const char* key, const char* value) {
            QTest::newRow(name) << QString(model) << QString(key) << QString(value);
        };
        for (const char* model : {"ast_1_base", "wav2vec2_1_base", "imagegpt_1_base", "patchtst_1_base"})
            row(qPrintable(QString("%1: a key that nobody knows").arg(model)), model, "attention_twist", "3");
        row("AST of another use", "ast_1_base", "architectures", "[\"ASTForSinging\"]");
        row("AST without strides", "ast_1_base", "time_stride", "0");
        row("speech of another use", "wav2vec2_1_base", "architectures", "[\"Wav2Vec2ForSinging\"]");
        row("speech with an unknown norm", "wav2vec2_1_base", "feat_extract_norm", "\"batch\"");
        row("speech with lists of different length", "wav2vec2_1_base", "conv_stride", "[5, 2]");
        row("speech with another number of convolutions", "wav2vec2_1_base", "num_feat_extract_layers", "7");
        row("speech with heads that do not divide the width", "wav2vec2_1_base", "num_attention_heads", "5");
        row("speech with an activation that there is not", "wav2vec2_1_base", "feat_extract_activation", "\"gelee\"");
        row("cross attention", "imagegpt_1_base", "add_cross_attention", "true");
        row("a text for a number", "imagegpt_1_base", "n_layer", "\"two\"");
        row("masks of random length", "patchtst_1_base", "mask_type", "\"blocks\"");
        row("a series that is no series", "patchtst_1_base", "unmasked_channel_indices", "[3]");
        row("hiding everything", "patchtst_1_base", "random_mask_ratio", "1.0");
        row("another norm", "patchtst_1_base", "norm_type", "\"groupnorm\"");
        row("other times", "patchtst_1_base", "scaling_dim", "2");
    }
    void whatCannotBeHonouredIsNamed() {
        QFETCH(QString, model);
        QFETCH(QString, key);
        QFETCH(QString, value);
        ChangedCase changed(model.toStdString());
        QCOMPARE(changed.complaint(), QString());
        changed.config[key.toStdString()] = nlohmann::json::parse(value.toStdString());
        const QString complaint = changed.complaint();
        QVERIFY2(complaint.contains("config.json") && complaint.contains(key), qPrintable(complaint));
    }

    void distributionsOfForecastsAreRefused() {
        ChangedCase changed("patchtst_1_base");
        changed.config["architectures"] = {"PatchTSTForPrediction"};
        changed.config["loss"] = "nll";
        QVERIFY2(changed.complaint().contains("loss"), qPrintable(changed.complaint()));
        ChangedCase lots("patchtst_1_base");
        lots.config["mask_type"] = "forecast";
        lots.config["num_forecast_mask_patches"] = {1, 3};
        QVERIFY2(lots.complaint().contains("num_forecast_mask_patches"), qPrintable(lots.complaint()));
    }

    void tensorsThatDoNotFitAreNamed_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("tensor");
        const auto row = [](const char* model, const char* tensor) { QTest::newRow(tensor) << QString(model) << QString(tensor); };
        row("ast_1_base", "embeddings.patch_embeddings.projection.weight");
        row("ast_1_base", "encoder.layer.1.output.dense.bias");
        row("wav2vec2_1_base", "wav2vec2.feature_extractor.conv_layers.1.conv.weight");
        row("wav2vec2_1_base", "wav2vec2.encoder.layers.0.final_layer_norm.weight");
        row("wav2vec2_1_base", "quantizer.codevectors");
        row("wav2vec2_1_base", "project_q.weight");
        row("imagegpt_1_base", "transformer.wpe.weight");
        row("imagegpt_1_base", "transformer.h.1.mlp.c_proj.weight");
        row("imagegpt_1_base", "lm_head.weight");
        row("patchtst_1_base", "model.encoder.embedder.input_embedding.weight");
        row("patchtst_1_base", "model.encoder.layers.0.norm_sublayer3.batchnorm.running_var");
        row("patchtst_1_base", "head.linear.weight");
    }
    void tensorsThatDoNotFitAreNamed() {
        QFETCH(QString, model);
        QFETCH(QString, tensor);
        const QString last = tensor.section('.', -2);
        ChangedCase without(model.toStdString()), larger(model.toStdString());
        without.remove(tensor.toStdString());
        QVERIFY2(without.complaint().contains(last), qPrintable(without.complaint()));
        at::Tensor& value = larger.tensor(tensor.toStdString());
        value = at::cat({value, value}, value.dim() - 1);
        QVERIFY2(larger.complaint().contains("model.safetensors"), qPrintable(larger.complaint()));
    }

    void inputsThatDoNotFitAreNamed_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("input");
        for (const auto& [model, input] : {std::pair{"ast_1_base", "input_values"},
                                           {"wav2vec2_1_base", "input_values"},
                                           {"imagegpt_1_base", "input_ids"},
                                           {"patchtst_1_base", "past_values"},
                                           {"patchtst_1_base", "noise"}})
            QTest::newRow(qPrintable(QString("%1 of %2").arg(input, model))) << QString(model) << QString(input);
    }
    void inputsThatDoNotFitAreNamed() {
        QFETCH(QString, model);
        QFETCH(QString, input);
        ChangedCase changed(model.toStdString());
        OpenedModel opened = changed.open();
        NamedTensors longer = changed.inputs(), other = changed.inputs(), none = changed.inputs();
        at::Tensor& value = named(longer, input.toStdString());
        value = value.unsqueeze(0);
        QVERIFY_EXCEPTION_THROWN(runForward(*opened.model, longer), Error);
        other.emplace_back("pixel_values", at::zeros({1}));
        QVERIFY_EXCEPTION_THROWN(runForward(*opened.model, other), DataError);
        none.erase(std::find_if(none.begin(), none.end(), [&](const auto& item) { return item.first == input.toStdString(); }));
        QVERIFY_EXCEPTION_THROWN(runForward(*opened.model, none), DataError);
    }

    void numbersThatDoNotExistAreRefused() {
        ChangedCase gpt("imagegpt_1_base"), speech("wav2vec2_1_base");
        OpenedModel pixels = gpt.open(), waves = speech.open();
        NamedTensors inputs = gpt.inputs();
        named(inputs, "input_ids")[0][0] = 33;
        QVERIFY_EXCEPTION_THROWN(runForward(*pixels.model, inputs), DataError);
        inputs = speech.inputs();
        named(inputs, "sampled_negative_indices")[0][0][0] = 118;
        QVERIFY_EXCEPTION_THROWN(runForward(*waves.model, inputs), DataError);
    }

    void laterPixelsDoNotChangeEarlierOnes() {
        ChangedCase changed("imagegpt_1_base");
        OpenedModel opened = changed.open();
        const NamedTensors inputs = changed.inputs();
        NamedTensors other = inputs;
        at::Tensor& ids = named(other, "input_ids");
        ids = ids.clone();
        ids.narrow(1, 20, 16).copy_((ids.narrow(1, 20, 16) + 1) % 32);
        const at::Tensor a = answer(opened, inputs, "logits"), b = answer(opened, other, "logits");
        QVERIFY(at::equal(a.narrow(1, 0, 20), b.narrow(1, 0, 20)));
        QVERIFY((a.narrow(1, 20, 16) - b.narrow(1, 20, 16)).abs().amax({0, 2}).min().item<double>() > 0.0);
    }

    void whatComesAfterTheEndIsNotHeard() {
        // Norms over the channels of a frame: those over time would hear everything.
        ChangedCase changed("wav2vec2_1_base");
        changed.config["feat_extract_norm"] = "layer";
        changed.config["architectures"] = {"Wav2Vec2Model"};
        for (const auto& [layer, channels] : {std::pair{1, 16}, {2, 24}}) {
            const std::string norm = "wav2vec2.feature_extractor.conv_layers." + std::to_string(layer) + ".layer_norm.";
            changed.add(norm + "weight", at::ones({channels}));
            changed.add(norm + "bias", at::zeros({channels}));
        }
        OpenedModel opened = changed.open();
        NamedTensors given = changed.inputs();
        const at::Tensor waveform = named(given, "input_values");
        at::Tensor real = at::ones({2, 1200}, at::kLong), other = waveform.clone();
        real[1].narrow(0, 700, 500).zero_();
        other[1].narrow(0, 700, 500).neg_();
        const auto states = [&](const at::Tensor& values) {
            return answer(opened, {{"input_values", values}, {"attention_mask", real}}, "last_hidden_state");
        };
        const at::Tensor a = states(waveform), b = states(other);
        const std::int64_t heard = (700 - 40) / 20 + 1;  // a frame sees 40 samples, one every 20
        QVERIFY(at::equal(a[0], b[0]));
        QVERIFY(at::allclose(a[1].narrow(0, 0, heard), b[1].narrow(0, 0, heard), 1e-5, 1e-6));
        const at::Tensor all = answer(opened, {{"input_values", waveform}}, "last_hidden_state");
        QVERIFY(!at::allclose(a[1].narrow(0, 0, heard), all[1].narrow(0, 0, heard), 1e-3, 1e-3));
    }

    void hiddenPatchesAreNotSeen() {
        ChangedCase changed("patchtst_1_base");
        changed.config["scaling"] = nullptr;
        OpenedModel opened = changed.open();
        NamedTensors inputs = changed.inputs(), other = changed.inputs();
        const at::Tensor hidden = answer(opened, inputs, "mask");
        // [B, C, N] -> [B, T, C]: the times of hidden patches, of which none is shared.
        const at::Tensor times = hidden.repeat_interleave(4, 2).transpose(1, 2);
        at::Tensor& past = named(other, "past_values");
        past = at::where(times, past + 3.0, past);
        QVERIFY(hidden.any().item<bool>() && !hidden.all().item<bool>());
        QVERIFY(at::equal(answer(opened, inputs, "prediction_output"), answer(opened, other, "prediction_output")));
        QVERIFY(!at::equal(answer(opened, inputs, "loss"), answer(opened, other, "loss")));
    }

    void cardsSayWhatItIs() {
        for (const auto& [name, title] : {std::pair{"ast_1_base", "Audio Spectrogram Transformer"},
                                          {"wav2vec2_1_base", "wav2vec 2.0"},
                                          {"imagegpt_1_base", "ImageGPT"},
                                          {"patchtst_1_base", "PatchTST"}})
            QCOMPARE(QString::fromStdString(ChangedCase(name).open().card.title), QString(title) + ": 2 blocks of width 32");
        for (const char* name : {"ast_1_base", "wav2vec2_1_base", "imagegpt_1_base", "patchtst_1_base"}) {
            const IdentityCard card = ChangedCase(name).open().card;
            QVERIFY(!card.works.empty() && !card.worksNot.empty() && card.unexpected.empty());
        }
    }
};

MASKSCOPE_TEST(TestSequences)
#include "tst_sequences.moc"
