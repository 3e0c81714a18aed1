#pragma once

#include <memory>

#include "encoders/waveform_transformer.h"
#include "families/family.h"
#include "layers/shrinking_adapter.h"

namespace maskscope {

/// The speech models of Hugging Face transformers that share a body.
enum class SpeechKind { Wav2Vec2, Hubert, Data2VecAudio };

/// wav2vec 2.0, HuBERT or data2vec-audio without what they are used for, as our encoder 'waveform_transformer'. For one thread.
class SpeechBody {
public:
    /// Tensors may be called with the model's prefix or without. @throws DataError if config and weights cannot be honoured
    SpeechBody(SpeechKind kind, ModelConfig& config, ModelWeights& weights);

    struct Answer {
        Features features;   // before the adapter
        at::Tensor last;     // [B, N', W] last_hidden_state
        at::Tensor samples;  // [B] int64 samples of each waveform that are real; undefined: all are
        at::Tensor hidden;   // [B, N] bool; undefined: nothing is
    };
    /// Reads input_values [B, S], attention_mask [B, S] and, if the model's class takes it, mask_time_indices [B, N].
    Answer hear(ForwardInputs& inputs, bool takesMask);

    /// Which of `frames` frames are real. @param samples  [B] int64  @return [B, frames] bool
    at::Tensor realFrames(const at::Tensor& samples, std::int64_t frames) const;
    /// Frames of waveforms, after the adapter where there is one. @param samples  [B] int64  @return [B] int64
    at::Tensor answerLengths(const at::Tensor& samples) const;

    SpeechKind kind() const { return kind_; }
    std::int64_t width() const { return encoder_->width(); }
    /// W, of last_hidden_state.
    std::int64_t answerWidth() const { return answerWidth_; }
    std::int64_t frameWidth() const { return encoder_->params().features.channels.back(); }
    std::int64_t depth() const { return encoder_->depth(); }
    bool hasAdapter() const { return adapter_ != nullptr; }
    /// What can be said of every class of the model.
    IdentityCard card() const;

private:
    MaskPlan planOf(const at::Tensor& hidden) const;

    SpeechKind kind_;
    std::string file_;
    bool masks_;  // whether mask_time_indices are heeded
    bool hasMaskToken_;
    std::int64_t answerWidth_, adapterStride_ = 1, adapterDepth_ = 0;
    std::shared_ptr<WaveformTransformer> encoder_;
    std::shared_ptr<ShrinkingAdapter> adapter_;
};

}  // namespace maskscope
