#include "families/speech_tasks.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/transformers_heads.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

constexpr std::int64_t kIgnoredLabel = -100;

/// What classifiers read: the last state, or the layers' states mixed by learned weights.
class SpeechStates {
public:
    SpeechStates(const SpeechBody& body, ModelConfig& config, ModelWeights& weights) {
        if (body.hasAdapter()) config.refuse("add_adapter", "false; classifiers of speech read the states before an adapter");
        if (!config.get("use_weighted_layer_sum", false)) return;
        weights_ = weights.take("layer_weights");
        if (weights_.numel() != body.depth() + 1)
            throw DataError(fmt::format("{}: tensor 'layer_weights' has {} values, expected {}, one a layer and one for the first states",
                                        weights.subject(), weights_.numel(), body.depth() + 1));
    }
    at::Tensor of(const SpeechBody::Answer& heard) const {
        if (!weights_.defined()) return heard.last;
        std::vector<at::Tensor> states{heard.features.embedded};
        states.insert(states.end(), heard.features.layers.begin(), heard.features.layers.end());
        return (at::stack(states, 1) * weights_.softmax(-1).view({1, -1, 1, 1})).sum(1);
    }

private:
    at::Tensor weights_;  // [layers + 1]; undefined: the last state alone
};

class BareModel : public SpeechTask {
public:
    bool takesMask() const override { return true; }
    void answer(SpeechBody& body, const SpeechBody::Answer& heard, ForwardInputs& /*inputs*/, NamedTensors& outputs) override {
        outputs.emplace_back("last_hidden_state", heard.last);
        if (body.kind() != SpeechKind::Hubert) outputs.emplace_back("extract_features", heard.features.local);
    }
    void describe(IdentityCard& card) const override {
        card.works.emplace_back("It gives the states of all frames, with hidden frames replaced by the mask token where they are named.");
    }
};

/// Letters a frame, compared with a text by connectionist temporal classification (Graves et al., ICML 2006).
class SpeechCtc : public SpeechTask {
public:
    SpeechCtc(const SpeechBody& body, ModelConfig& config, ModelWeights& weights)
        : letters_(OuterLinear::take(weights, "lm_head", body.answerWidth())),
          blank_(config.get<std::int64_t>("pad_token_id", 0)),
          reduction_(config.choice("ctc_loss_reduction", "sum", {"none", "mean", "sum"})),
          zeroInfinity_(config.get("ctc_zero_infinity", false)) {
        const auto vocabulary = config.get<std::int64_t>("vocab_size", 32);
        if (vocabulary != letters_.weight.size(0))
            config.refuse("vocab_size", fmt::format("{}, as many as lm_head.weight has rows", letters_.weight.size(0)));
        if (blank_ < 0 || blank_ >= vocabulary) config.refuse("pad_token_id", "a letter's number, the blank");
    }
    void answer(SpeechBody& body, const SpeechBody::Answer& heard, ForwardInputs& inputs, NamedTensors& outputs) override {
        const at::Tensor logits = letters_.apply(heard.last), labels = inputs.find("labels");
        outputs.emplace_back("logits", logits);
        if (!labels.defined()) return;
        requireShape(labels, {logits.size(0), kAnySize}, "labels");
        const at::Tensor counts = labels.ne(kIgnoredLabel).logical_and(labels.ne(blank_));
        const at::Tensor samples =
            heard.samples.defined() ? heard.samples : at::full({logits.size(0)}, inputs.require("input_values").size(1), at::kLong);
        const std::int64_t reduction = reduction_ == "none" ? at::Reduction::None : reduction_ == "mean" ? at::Reduction::Mean : at::Reduction::Sum;
        outputs.emplace_back("loss", at::ctc_loss(logits.log_softmax(-1).transpose(0, 1), labels.masked_select(counts).to(at::kLong),
                                                  body.answerLengths(samples), counts.sum(-1), blank_, reduction, zeroInfinity_));
    }
    void describe(IdentityCard& card) const override {
        card.add("Letters", fmt::format("{}, blank {}", letters_.weight.size(0), blank_));
        card.works.emplace_back("It spells what it hears: logits over letters for every frame.");
    }

private:
    OuterLinear letters_;
    std::int64_t blank_;
    std::string reduction_;
    bool zeroInfinity_;
};

class SpeechClassifier : public SpeechTask {
public:
    SpeechClassifier(const SpeechBody& body, ModelConfig& config, ModelWeights& weights)
        : states_(body, config, weights),
          project_(OuterLinear::take(weights, "projector", body.width())),
          classes_(OuterLinear::take(weights, "classifier", project_.weight.size(0))) {
        if (config.get<std::int64_t>("classifier_proj_size", 256) != project_.weight.size(0))
            config.refuse("classifier_proj_size", fmt::format("{}, as many as projector.weight has rows", project_.weight.size(0)));
    }
    void answer(SpeechBody& body, const SpeechBody::Answer& heard, ForwardInputs& inputs, NamedTensors& outputs) override {
        const at::Tensor states = project_.apply(states_.of(heard));
        at::Tensor pooled;
        if (heard.samples.defined()) {
            const at::Tensor real = body.realFrames(heard.samples, states.size(1)).to(states.scalar_type());
            pooled = (states * real.unsqueeze(-1)).sum(1) / real.sum(1, true);
        } else {
            pooled = states.mean(1);
        }
        const at::Tensor logits = classes_.apply(pooled), labels = inputs.find("labels");
        outputs.emplace_back("logits", logits);
        if (labels.defined()) outputs.emplace_back("loss", at::cross_entropy_loss(logits, labels.reshape({-1}).to(at::kLong)));
    }
    void describe(IdentityCard& card) const override {
        card.add("Classes", std::to_string(classes_.weight.size(0)));
        card.works.emplace_back("It classifies a whole waveform.");
    }

private:
    SpeechStates states_;
    OuterLinear project_, classes_;
};

class SpeechFrameClassifier : public SpeechTask {
public:
    SpeechFrameClassifier(const SpeechBody& body, ModelConfig& config, ModelWeights& weights)
        : states_(body, config, weights), classes_(OuterLinear::take(weights, "classifier", body.width())) {}
    void answer(SpeechBody& /*body*/, const SpeechBody::Answer& heard, ForwardInputs& inputs, NamedTensors& outputs) override {
        const at::Tensor logits = classes_.apply(states_.of(heard)), labels = inputs.find("labels");
        outputs.emplace_back("logits", logits);
        if (!labels.defined()) return;
        requireShape(labels, {logits.size(0), logits.size(1), logits.size(2)}, "labels");
        outputs.emplace_back("loss", at::cross_entropy_loss(logits.flatten(0, 1), labels.flatten(0, 1).argmax(1)));
    }
    void describe(IdentityCard& card) const override {
        card.add("Classes", std::to_string(classes_.weight.size(0)));
        card.works.emplace_back("It classifies every frame.");
    }

private:
    SpeechStates states_;
    OuterLinear classes_;
};

}  // namespace

std::unique_ptr<SpeechTask> makeSpeechTask(const SpeechBody& body, ModelConfig& config, ModelWeights& weights) {
    const bool wav2vec2 = body.kind() == SpeechKind::Wav2Vec2, hubert = body.kind() == SpeechKind::Hubert;
    const std::string model = wav2vec2 ? "Wav2Vec2" : hubert ? "Hubert" : "Data2VecAudio", name = config.className();
    if (name.empty() || name == model + "Model") return std::make_unique<BareModel>();
    if (name == model + "ForCTC") return std::make_unique<SpeechCtc>(body, config, weights);
    if (name == model + "ForSequenceClassification") return std::make_unique<SpeechClassifier>(body, config, weights);
    if (!hubert && name == model + "ForAudioFrameClassification") return std::make_unique<SpeechFrameClassifier>(body, config, weights);
    if (wav2vec2 && name == model + "ForPreTraining") return makeSpeechPretraining(body, config, weights);
    config.refuse("architectures",
                  fmt::format("{0}Model, {0}ForCTC, {0}ForSequenceClassification{1}{2}", model,
                              hubert ? "" : fmt::format(", {}ForAudioFrameClassification", model), wav2vec2 ? ", Wav2Vec2ForPreTraining" : ""));
}

}  // namespace maskscope
