#include <torch/torch.h>

#include <QtTest>

#include "core/toml.h"
#include "encoders/encoder.h"
#include "heads/head.h"
#include "interop/saved_tensors.h"
#include "interop/weights.h"
#include "losses/loss.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

/// A published model of the BERT family in terms of our components.
struct Family {
    const char* name;
    const char* body;   // prefix of the encoder's tensors
    const char* input;  // settings of the encoder
    const char* head;   // settings of the head
    const char* dense;  // names in the head
    const char* norm;
    const char* bias;
};

const std::vector<Family> kFamilies{
    {"bert_1_base", "bert.", "width = 32\ndepth = 2\nheads = 4\nmlp_ratio = 2.0\ntoken_types = 2", "", "cls.predictions.transform.dense",
     "cls.predictions.transform.LayerNorm", "cls.predictions.bias"},
    {"bert_2_untied", "bert.", "width = 48\ndepth = 3\nheads = 3\nmlp_ratio = 1.33334\ntoken_types = 2\nnorm_eps = 1e-3\nactivation = 'gelu_tanh'",
     "tied = false\nnorm_eps = 1e-3\nactivation = 'gelu_tanh'", "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm",
     "cls.predictions.decoder.bias"},
    {"roberta_2_inner_pad", "roberta.",
     "width = 32\ndepth = 3\nheads = 4\nmlp_ratio = 2.0\ntoken_types = 1\nposition_offset = 2\nnorm_eps = 1e-3\nactivation = 'relu'",
     "norm_eps = 1e-3", "lm_head.dense", "lm_head.layer_norm", "lm_head.bias"}};

class Published {
public:
    explicit Published(const Family& family)
        : family_(family),
          folder_(std::filesystem::path(qgetenv("MASKSCOPE_SOURCE_DIR").toStdString()) / "tests/parity" / family.name),
          weights_(openWeights(folder_ / "model")) {}

    std::shared_ptr<Encoder> encoder() const {
        auto made =
            makeEncoderRegistry().make(parseToml(std::string("kind = 'text_transformer'\n") + family_.input, "test"), "encoder", "kind", input());
        copySaved(named(*made), encoderWeights(), "encoder");
        made->eval();
        return made;
    }
    std::shared_ptr<Head> head(std::int64_t width) const {
        const InputSpec spec = input();
        auto made = makeHeadRegistry().make(parseToml(std::string("kind = 'masked_language'\n") + family_.head, "test"), "head", "kind",
                                            HeadContext{spec, width, spec.text("test").vocabulary});
        NamedTensors saved{{"dense.weight", of(family_.dense, ".weight")},
                           {"dense.bias", of(family_.dense, ".bias")},
                           {"norm.weight", of(family_.norm, ".weight")},
                           {"norm.bias", of(family_.norm, ".bias")},
                           {"decoder_bias", weights_.tensor(family_.bias)}};
        if (weights_.has("cls.predictions.decoder.weight")) saved.emplace_back("decoder", weights_.tensor("cls.predictions.decoder.weight"));
        copySaved(named(*made), saved, "head");
        return made;
    }
    View view() const {
        const Weights inputs = openWeights(folder_ / "inputs.safetensors");
        View made;
        made.tensors["tokens"] = inputs.tensor("input_ids");
        if (inputs.has("token_type_ids")) made.tensors["types"] = inputs.tensor("token_type_ids");
        const at::Tensor& tokens = made.tensors["tokens"];
        made.geometry = Geometry::sequence(tokens.size(0), tokens.size(1), inputs.tensor("attention_mask").ne(0));
        return made;
    }
    at::Tensor labels() const { return openWeights(folder_ / "inputs.safetensors").tensor("labels"); }
    Weights expected() const { return openWeights(folder_ / "expected.safetensors"); }

private:
    static NamedTensors named(const torch::nn::Module& module) {
        NamedTensors tensors;
        for (const auto& item : module.named_parameters()) tensors.emplace_back(item.key(), item.value());
        return tensors;
    }
    at::Tensor of(const std::string& name, const char* which) const { return weights_.tensor(name + which); }
    InputSpec input() const {
        const auto rows = [&](const char* table) {
            return weights_.tensor(std::string(family_.body) + "embeddings." + table + "_embeddings.weight").size(0);
        };
        const std::int64_t offset = std::string(family_.body) == "roberta." ? 2 : 0;
        return {TextInput{.tokenizer = "bytes", .vocabulary = rows("word"), .length = rows("position") - offset}};
    }
    NamedTensors encoderWeights() const {
        const std::string body = family_.body, table = body + "embeddings.";
        NamedTensors saved{{"embed.word_table", of(table + "word_embeddings", ".weight")},
                           {"embed.position_table", of(table + "position_embeddings", ".weight")},
                           {"embed.type_table", of(table + "token_type_embeddings", ".weight")}};
        for (const char* which : {".weight", ".bias"}) {
            saved.emplace_back(std::string("embed.norm") + which, of(table + "LayerNorm", which));
            for (std::int64_t layer = 0; weights_.has(body + "encoder.layer." + std::to_string(layer) + ".output.dense.bias"); ++layer) {
                const std::string from = body + "encoder.layer." + std::to_string(layer) + ".",
                                  to = "transformer.block" + std::to_string(layer) + ".";
                saved.emplace_back(to + "attn.qkv" + which, at::cat({of(from + "attention.self.query", which), of(from + "attention.self.key", which),
                                                                     of(from + "attention.self.value", which)}));
                for (const auto& [ours, theirs] : {std::pair{"attn.proj", "attention.output.dense"},
                                                   {"norm1", "attention.output.LayerNorm"},
                                                   {"fc1", "intermediate.dense"},
                                                   {"fc2", "output.dense"},
                                                   {"norm2", "output.LayerNorm"}})
                    saved.emplace_back(to + ours + which, of(from + theirs, which));
            }
        }
        return saved;
    }

    Family family_;
    std::filesystem::path folder_;
    Weights weights_;
};

}  // namespace

/// The components of text against numbers of Hugging Face transformers for BertForMaskedLM and RobertaForMaskedLM.
class TestTextParity : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void equalsTheReferenceImplementations_data() {
        QTest::addColumn<int>("family");
        QTest::newRow("BERT") << 0;
        QTest::newRow("BERT with a decoder of its own, gelu_new, eps 1e-3") << 1;
        QTest::newRow("RoBERTa with padding on both sides, relu, eps 1e-3") << 2;
    }
    void equalsTheReferenceImplementations() {
        QFETCH(int, family);
        const Published published(kFamilies[static_cast<std::size_t>(family)]);
        const auto encoder = published.encoder();
        const View view = published.view();
        const Weights expected = published.expected();
        const torch::NoGradGuard noGrad;
        const Features features = encoder->forward(view, MaskPlan(), {}, {.layers = true, .attentions = true});
        const auto agrees = [&](const at::Tensor& found, const std::string& name) {
            const at::Tensor reference = expected.tensor(name);
            const double difference = (found - reference).abs().max().item<double>();
            QVERIFY2(difference < 4e-6 * std::max(1.0, reference.abs().max().item<double>()), (name + ": " + std::to_string(difference)).c_str());
        };
        for (std::size_t layer = 0; layer < features.layers.size(); ++layer) {
            agrees(features.layers[layer], "hidden_states." + std::to_string(layer + 1));
            agrees(features.attentions[layer], "attentions." + std::to_string(layer));
        }
        const at::Tensor logits = published.head(encoder->width())->forward(features, nullptr, TokenChoice::All);
        agrees(logits, "logits");
        const at::Tensor labels = published.labels();
        const auto loss = makeLossRegistry().make(parseToml("kind = 'cross_entropy'", "test"), "loss", "kind");
        agrees(loss->compute({logits, labels.clamp_min(0), labels.ge(0).to(at::kFloat)}), "loss");
    }
};

MASKSCOPE_TEST(TestTextParity)
#include "tst_text_parity.moc"
