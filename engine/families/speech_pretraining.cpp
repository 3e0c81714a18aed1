#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/speech_tasks.h"
#include "families/transformers_heads.h"
#include "families/weight_map.h"
#include "layers/product_quantizer.h"
#include "losses/sampled_contrastive.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

class SpeechPretraining : public SpeechTask {
public:
    SpeechPretraining(const SpeechBody& body, ModelConfig& config, ModelWeights& weights)
        : groups_(config.get<std::int64_t>("num_codevector_groups", 2)),
          entries_(config.get<std::int64_t>("num_codevectors_per_group", 320)),
          temperature_(config.get("contrastive_logits_temperature", 0.1)),
          diversityWeight_(config.get("diversity_loss_weight", 0.1)) {
        const auto codeWidth = config.get<std::int64_t>("codevector_dim", 256), width = config.get<std::int64_t>("proj_codevector_dim", 256);
        if (groups_ < 1 || codeWidth % groups_ != 0)
            config.refuse("num_codevector_groups", fmt::format("a divisor of codevector_dim, {}", codeWidth));
        if (entries_ < 1) config.refuse("num_codevectors_per_group", "a positive number");
        if (temperature_ <= 0.0) config.refuse("contrastive_logits_temperature", "a number above 0");
        if (body.hasAdapter()) config.refuse("add_adapter", "false; pre-training compares frame with frame");
        WeightMap map(weights);
        map.linear("quantizer.logits", "quantizer.weight_proj");
        map.reshaped("quantizer.entries_table", "quantizer.codevectors", {groups_, entries_, codeWidth / groups_});
        quantizer_ = std::make_shared<ProductQuantizer>(body.frameWidth(), groups_, entries_, codeWidth);
        map.fill(*quantizer_, "quantizer.");
        predict_ = OuterLinear::take(weights, "project_hid", body.width());
        project_ = OuterLinear::take(weights, "project_q", codeWidth);
        for (const auto& [linear, name] : {std::pair{&predict_, "project_hid"}, {&project_, "project_q"}})
            if (linear->weight.size(0) != width)
                throw DataError(
                    fmt::format("{}: tensor '{}.weight' has {} rows, but proj_codevector_dim is {}; file and config do not belong together",
                                weights.subject(), name, linear->weight.size(0), width));
    }

    bool takesMask() const override { return true; }

    void answer(SpeechBody& /*body*/, const SpeechBody::Answer& heard, ForwardInputs& inputs, NamedTensors& outputs) override {
        const at::Tensor& hidden = heard.hidden;
        const ProductQuantizer::Result codes = quantizer_->forward(heard.features.local);
        const at::Tensor predicted = predict_.apply(heard.last), truth = project_.apply(codes.vectors);
        const at::Tensor chosen = at::one_hot(codes.codes, entries_).to(at::kFloat).flatten(0, 1);
        const at::Tensor perplexity = codebookPerplexity(chosen, hidden.defined() ? hidden.reshape({-1}) : at::Tensor());
        outputs.emplace_back("projected_states", predicted);
        outputs.emplace_back("projected_quantized_states", truth);
        outputs.emplace_back("codevector_perplexity", perplexity);
        const at::Tensor negatives = inputs.find("sampled_negative_indices");
        if (!negatives.defined()) return;
        if (!hidden.defined()) throw DataError("sampled_negative_indices is given without mask_time_indices, which says what is predicted");
        requireShape(negatives, {hidden.size(0), hidden.size(1), kAnySize}, "sampled_negative_indices");
        const at::Tensor contrastive = sampledContrastive(predicted, truth, checkedNegatives(negatives, hidden.numel()), hidden, temperature_);
        const auto all = static_cast<double>(groups_ * entries_);
        const at::Tensor diversity = (all - perplexity) / all * hidden.sum();
        outputs.emplace_back("contrastive_loss", contrastive);
        outputs.emplace_back("diversity_loss", diversity);
        outputs.emplace_back("loss", contrastive + diversityWeight_ * diversity);
    }

    void describe(IdentityCard& card) const override {
        card.add("Codebook", fmt::format("{} groups of {} entries", groups_, entries_));
        card.works.emplace_back("It tells the true code vector of a hidden frame from others (loss, codes), as in pre-training.");
    }

private:
    static at::Tensor checkedNegatives(const at::Tensor& negatives, std::int64_t frames) {
        const at::Tensor numbers = negatives.to(at::kLong);
        if (numbers.numel() > 0 && (numbers.min().item<std::int64_t>() < 0 || numbers.max().item<std::int64_t>() >= frames))
            throw DataError(fmt::format("sampled_negative_indices goes from {} to {}, expected numbers of the batch's {} frames",
                                        numbers.min().item<std::int64_t>(), numbers.max().item<std::int64_t>(), frames));
        return numbers;
    }

    std::int64_t groups_, entries_;
    double temperature_, diversityWeight_;
    std::shared_ptr<ProductQuantizer> quantizer_;
    OuterLinear predict_, project_;
};

}  // namespace

std::unique_ptr<SpeechTask> makeSpeechPretraining(const SpeechBody& body, ModelConfig& config, ModelWeights& weights) {
    return std::make_unique<SpeechPretraining>(body, config, weights);
}

}  // namespace maskscope
