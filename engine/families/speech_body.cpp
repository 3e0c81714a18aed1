#include "families/speech_body.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/speech_names.h"
#include "families/weight_map.h"
#include "families/words.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

const char* prefixOf(SpeechKind kind) {
    return kind == SpeechKind::Wav2Vec2 ? "wav2vec2." : kind == SpeechKind::Hubert ? "hubert." : "data2vec_audio.";
}

const char* nameOf(SpeechKind kind) {
    return kind == SpeechKind::Wav2Vec2 ? "wav2vec 2.0" : kind == SpeechKind::Hubert ? "HuBERT" : "data2vec-audio";
}

at::Tensor framesOf(at::Tensor samples, const WaveformFeatureParams& params) { return (samples - params.window()).floor_divide(params.hop()) + 1; }

}  // namespace

SpeechBody::SpeechBody(SpeechKind kind, ModelConfig& config, ModelWeights& weights) : kind_(kind), file_(weights.subject()) {
    const WaveformTransformer::Params params = readSpeechEncoder(kind, config);
    const auto adapter = readSpeechAdapter(kind, config, params.transformer.width);
    masks_ = config.get("apply_spec_augment", true);
    const bool maskChance = config.get("mask_time_prob", 0.05) > 0.0, maskFeatures = config.get("mask_feature_prob", 0.0) > 0.0;
    ignoreSpeechTraining(config);
    weights.dropPrefix(prefixOf(kind));

    hasMaskToken_ = maskChance || maskFeatures ? weights.takeOptional("masked_spec_embed").defined() : false;
    WeightMap map(weights);
    mapSpeechEncoder(map, params);
    if (hasMaskToken_) map.move("encoder.mask_token", "masked_spec_embed");
    const AudioInput input{.window = params.features.window(), .hop = params.features.hop()};
    encoder_ = std::make_shared<WaveformTransformer>(params, InputSpec{input});
    if (hasMaskToken_) encoder_->prepare({.kind = CorruptionKind::Token});
    map.fill(*encoder_, "encoder.");
    encoder_->eval();
    answerWidth_ = params.transformer.width;
    if (!adapter) return;
    answerWidth_ = adapter->width;
    adapterStride_ = adapter->stride;
    adapterDepth_ = adapter->depth;
    mapSpeechAdapter(map, *adapter);
    adapter_ = std::make_shared<ShrinkingAdapter>(*adapter);
    map.fill(*adapter_, "adapter.");
    adapter_->eval();
}

at::Tensor SpeechBody::realFrames(const at::Tensor& samples, std::int64_t frames) const {
    return at::arange(frames, at::kLong).unsqueeze(0).lt(framesOf(samples, encoder_->params().features).unsqueeze(1));
}

at::Tensor SpeechBody::answerLengths(const at::Tensor& samples) const {
    at::Tensor lengths = framesOf(samples, encoder_->params().features);
    for (std::int64_t i = 0; i < adapterDepth_; ++i) lengths = (lengths - 1).floor_divide(adapterStride_) + 1;
    return lengths;
}

MaskPlan SpeechBody::planOf(const at::Tensor& hidden) const {
    if (!hasMaskToken_)
        throw DataError(fmt::format("{}: mask_time_indices is given, but the model has no masked_spec_embed to put in their place", file_));
    MaskPlan plan;
    Mask mask;
    mask.hidden = hidden;
    plan.addUnsplit(std::move(mask));
    return plan;
}

SpeechBody::Answer SpeechBody::hear(ForwardInputs& inputs, bool takesMask) {
    const at::Tensor waveform = inputs.require("input_values"), attention = inputs.find("attention_mask");
    requireShape(waveform, {kAnySize, kAnySize}, "input_values");
    Answer answer;
    View view;
    view.tensors["waveform"] = waveform.to(at::kFloat);
    const std::int64_t frames = encoder_->params().features.frames(waveform.size(1));
    if (attention.defined()) {
        requireShape(attention, {waveform.size(0), waveform.size(1)}, "attention_mask");
        answer.samples = attention.to(at::kLong).sum(1);
    }
    view.geometry = Geometry::sequence(waveform.size(0), frames, answer.samples.defined() ? realFrames(answer.samples, frames) : at::Tensor());
    if (takesMask) answer.hidden = inputs.find("mask_time_indices");
    if (answer.hidden.defined()) answer.hidden = answer.hidden.ne(0);
    const bool hides = answer.hidden.defined() && masks_;
    answer.features = encoder_->forward(view, hides ? planOf(answer.hidden) : MaskPlan(),
                                        {.kind = hides ? CorruptionKind::Token : CorruptionKind::None}, {.layers = true, .attentions = true});
    answer.last = adapter_ ? adapter_->forward(answer.features.tokens) : answer.features.tokens;
    return answer;
}

IdentityCard SpeechBody::card() const {
    const WaveformTransformer::Params& params = encoder_->params();
    IdentityCard card;
    card.title = fmt::format("{}: {}", nameOf(kind_), blocksOf(params.transformer.depth, params.transformer.width));
    card.add("Input", "waveforms of one channel, usually 16 000 samples a second, mean 0 and deviation 1");
    card.add("Frames", fmt::format("{} convolutions; a frame sees {} samples, one every {}", params.features.channels.size(),
                                   params.features.window(), params.features.hop()));
    card.add("Blocks", fmt::format("{} heads, MLP of {}, norms {}", params.transformer.heads, params.transformer.hiddenWidth(),
                                   params.transformer.normPlace == NormPlace::Before ? "before attention and MLP" : "after the sums"));
    card.add("Positions", fmt::format("read off the neighbours by {} of {} frames",
                                      params.positions.depth == 1 ? "a convolution" : fmt::format("{} convolutions", params.positions.depth),
                                      params.positions.kernel));
    card.add("Mask token", hasMaskToken_ ? "yes; it takes the place of hidden frames after the convolutions" : "none in the file");
    if (adapter_) card.add("Adapter", fmt::format("{} convolutions that shorten the sequence to width {}", adapterDepth_, answerWidth_));
    card.worksNot.emplace_back(
        "Stage, brush, attention and probes: they show images, texts and graphs, and this model hears waveforms; `forward` answers for it.");
    return card;
}

}  // namespace maskscope
