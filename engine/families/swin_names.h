#pragma once

#include <cstdint>

#include "encoders/swin.h"
#include "families/model_config.h"
#include "families/weight_map.h"

namespace maskscope {

/// What a Swin config of Hugging Face transformers asks for, in our settings. @param version 1 | 2
/// @throws DataError for keys that cannot be honoured
Swin::Params readSwinParams(ModelConfig& config, std::int64_t version);
ImageInput readSwinInput(ModelConfig& config, const Swin::Params& params);

/// The tensors of the encoder, by either of the library's generations of names, under "encoder.".
WeightMap mapSwinEncoder(ModelWeights& weights, const Swin::Params& params);

}  // namespace maskscope
