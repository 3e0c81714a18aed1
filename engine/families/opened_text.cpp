#include "families/opened_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/opened_vit.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

/// Numbers below a limit, or an error that says which input holds others.
at::Tensor checkedNumbers(const at::Tensor& numbers, std::int64_t limit, const std::string& name) {
    const at::Tensor whole = numbers.to(at::kLong);
    if (whole.numel() == 0) return whole;
    const auto least = whole.min().item<std::int64_t>(), most = whole.max().item<std::int64_t>();
    if (least < 0 || most >= limit) throw DataError(fmt::format("{} holds {}, expected 0 .. {}", name, least < 0 ? least : most, limit - 1));
    return whole;
}

}  // namespace

at::Tensor realTokens(const at::Tensor& attentionMask, const at::Tensor& tokens) {
    if (!attentionMask.defined()) return attentionMask;
    if (attentionMask.sizes() != tokens.sizes())
        throw DataError(fmt::format("attention_mask has the shape {}, expected that of the tokens, {}", shapeText(attentionMask), shapeText(tokens)));
    return attentionMask.ne(0);
}

at::Tensor placesAfterPadding(const at::Tensor& tokens, std::int64_t padding) {
    const at::Tensor counts = tokens.ne(padding).to(at::kLong);
    return counts.cumsum(1) * counts + padding;
}

at::Tensor labelledLoss(const at::Tensor& logits, const at::Tensor& labels) {
    constexpr std::int64_t kIgnored = -100;
    if (labels.numel() * logits.size(-1) != logits.numel())
        throw DataError(fmt::format("labels have the shape {}, expected one for each of the logits {}", shapeText(labels), shapeText(logits)));
    return at::cross_entropy_loss(logits.reshape({-1, logits.size(-1)}), labels.reshape({-1}).to(at::kLong), {}, at::Reduction::Mean, kIgnored);
}

OpenedText::OpenedText(TextModelParts parts, WeightMap map, IdentityCard card) : parts_(std::move(parts)), card_(std::move(card)) {
    static const EncoderRegistry encoders = makeEncoderRegistry();
    static const HeadRegistry heads = makeHeadRegistry();
    const InputSpec input{parts_.input};
    encoder_ = encoders.make(parts_.encoder, "encoder", "kind", input);
    map.fill(*encoder_, "encoder.");
    encoder_->eval();
    if (!parts_.head.isNone()) {
        head_ = heads.make(parts_.head, "head", "kind", HeadContext{input, encoder_->width(), parts_.input.vocabulary});
        map.fill(*head_, "head.");
        head_->eval();
    }
    const auto take = [&](const std::string& name) {
        return name.empty() ? std::nullopt : std::optional(OuterLinear::take(map.weights(), name, encoder_->width()));
    };
    pooler_ = take(parts_.pooler);
    classifier_ = take(parts_.classifier);
    pairs_ = take(parts_.pairs);
    spans_ = take(parts_.spans);
    if (spans_ && spans_->weight.size(0) != 2)
        throw DataError(fmt::format("{}: tensor '{}.weight' gives {} numbers a token, expected 2, where an answer begins and where it ends",
                                    map.weights().subject(), parts_.spans, spans_->weight.size(0)));
}

View OpenedText::view(ForwardInputs& inputs, const std::string& name) const {
    View view;
    const at::Tensor tokens = inputs.require(name);
    if (tokens.dim() != 2) throw DataError(fmt::format("{} has the shape {}, expected [B, N]", name, shapeText(tokens)));
    view.tensors["tokens"] = checkedNumbers(tokens, parts_.input.vocabulary, name);
    if (const at::Tensor types = inputs.find("token_type_ids"); types.defined()) view.tensors["types"] = types.to(at::kLong).expand_as(tokens);
    if (const at::Tensor places = inputs.find("position_ids"); places.defined())
        view.tensors["positions"] = places.to(at::kLong).expand_as(tokens);
    else if (parts_.padding >= 0)
        view.tensors["positions"] = placesAfterPadding(view.tensors["tokens"], parts_.padding);
    view.geometry = Geometry::sequence(tokens.size(0), tokens.size(1), realTokens(inputs.find("attention_mask"), tokens));
    return view;
}

Features OpenedText::see(const View& view) { return encoder_->forward(view, MaskPlan(), {}, {.layers = true, .attentions = true}); }

at::Tensor OpenedText::pooled(const Features& features) const { return pooler_ ? pooler_->apply(features.tokens.select(1, 0)).tanh() : at::Tensor(); }

NamedTensors OpenedText::forward(ForwardInputs& inputs) {
    Features features = see(view(inputs, "input_ids"));
    if (parts_.statesEndNormed && !features.layers.empty()) features.layers.back() = features.tokens;
    NamedTensors outputs;
    addStates(outputs, features);
    if (!head_ && !classifier_ && !pairs_ && !spans_) outputs.emplace_back("last_hidden_state", features.tokens);
    addHeads(outputs, features, inputs);
    if (spans_) addSpans(outputs, features, inputs);
    return outputs;
}

void OpenedText::addSpans(NamedTensors& outputs, const Features& features, ForwardInputs& inputs) const {
    const at::Tensor both = spans_->apply(features.tokens);
    const std::int64_t length = both.size(1);
    at::Tensor loss;
    for (const std::int64_t end : {0, 1}) {
        const at::Tensor logits = both.select(2, end).contiguous(), place = inputs.find(end == 0 ? "start_positions" : "end_positions");
        outputs.emplace_back(end == 0 ? "start_logits" : "end_logits", logits);
        if (!place.defined()) continue;
        if (place.numel() != logits.size(0))
            throw DataError(fmt::format("positions have the shape {}, expected one for each of {} texts", shapeText(place), logits.size(0)));
        // A place beyond the text counts as none.
        const at::Tensor part = at::cross_entropy_loss(logits, place.reshape({-1}).to(at::kLong).clamp(0, length), {}, at::Reduction::Mean, length);
        loss = end == 0 ? part : loss.defined() ? (loss + part) / 2 : loss;
        if (end == 1 && loss.defined()) outputs.emplace_back("loss", loss);
    }
}

void OpenedText::addHeads(NamedTensors& outputs, const Features& features, ForwardInputs& inputs) {
    at::Tensor loss;
    const auto addLoss = [&](const at::Tensor& part) { loss = loss.defined() ? loss + part : part; };
    const at::Tensor labels = head_ || classifier_ ? inputs.find("labels") : at::Tensor();
    const at::Tensor pooled = this->pooled(features);
    if (pooled.defined() && !classifier_ && !pairs_) outputs.emplace_back("pooler_output", pooled);
    if (head_) {
        const at::Tensor logits = head_->forward(features, nullptr, TokenChoice::All);
        outputs.emplace_back(pairs_ ? "prediction_logits" : "logits", logits);
        if (labels.defined()) addLoss(labelledLoss(logits, labels));
    }
    if (pairs_) {
        outputs.emplace_back(head_ ? "seq_relationship_logits" : "logits", pairs_->apply(pooled));
        const at::Tensor follows = inputs.find(head_ ? "next_sentence_label" : "labels");
        if (follows.defined() && (!head_ || labels.defined())) addLoss(labelledLoss(outputs.back().second, follows));
    }
    if (classifier_) {
        outputs.emplace_back("logits", classifier_->apply(parts_.classifiesTokens ? features.tokens : pooled));
        if (labels.defined())
            addLoss(parts_.classifiesTokens ? labelledLoss(outputs.back().second, labels)
                                            : classifierLoss(outputs.back().second, labels, parts_.problemType));
    }
    if (loss.defined()) outputs.emplace_back("loss", loss);
}

}  // namespace maskscope
