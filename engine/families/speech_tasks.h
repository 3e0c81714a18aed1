#pragma once

#include <memory>

#include "families/speech_body.h"

namespace maskscope {

/// What a class of a speech model does with the answer of its body. For one thread.
class SpeechTask {
public:
    virtual ~SpeechTask() = default;
    /// Whether the class takes mask_time_indices.
    virtual bool takesMask() const { return false; }
    /// Adds the outputs that only this class has. May read further inputs (labels).
    virtual void answer(SpeechBody& body, const SpeechBody::Answer& heard, ForwardInputs& inputs, NamedTensors& outputs) = 0;
    /// Adds to the card what the class can do.
    virtual void describe(IdentityCard& card) const = 0;
};

/// The task of a class by its Hugging Face name without the model's name: "Model" (also where the config names no class), "ForPreTraining"
/// (wav2vec 2.0), "ForCTC", "ForSequenceClassification", "ForAudioFrameClassification", "ForXVector".
/// @throws DataError for another class, or if config and weights cannot be honoured
std::unique_ptr<SpeechTask> makeSpeechTask(const SpeechBody& body, ModelConfig& config, ModelWeights& weights);

/// The task of Wav2Vec2ForPreTraining: the true code vector of hidden frames among drawn ones.
std::unique_ptr<SpeechTask> makeSpeechPretraining(const SpeechBody& body, ModelConfig& config, ModelWeights& weights);

}  // namespace maskscope
