#pragma once

#include <optional>

#include "encoders/waveform_transformer.h"
#include "families/model_config.h"
#include "families/speech_body.h"
#include "families/weight_map.h"
#include "layers/shrinking_adapter.h"

namespace maskscope {

/// The settings of the encoder from a config of wav2vec 2.0, HuBERT or data2vec-audio. @throws DataError
WaveformTransformer::Params readSpeechEncoder(SpeechKind kind, ModelConfig& config);

/// The settings of the adapter after the encoder; none: add_adapter is off. @throws DataError
std::optional<ShrinkingAdapter::Params> readSpeechAdapter(SpeechKind kind, ModelConfig& config, std::int64_t width);

/// Marks the keys that say how a model was trained or what other classes of it would do.
void ignoreSpeechTraining(ModelConfig& config);

/// The tensors of the encoder, below "encoder.".
void mapSpeechEncoder(WeightMap& map, const WaveformTransformer::Params& params);

/// The tensors of the adapter, below "adapter.".
void mapSpeechAdapter(WeightMap& map, const ShrinkingAdapter::Params& params);

}  // namespace maskscope
