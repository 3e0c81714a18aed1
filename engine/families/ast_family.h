#pragma once

#include <memory>

#include "families/family.h"

namespace maskscope {

/// Audio Spectrogram Transformer (Gong et al., Interspeech 2021) of Hugging Face transformers: input_values [B, T, mel bands], labels.
std::unique_ptr<FamilyModel> openAudioSpectrogramTransformer(ModelConfig& config, ModelWeights& weights);

}  // namespace maskscope
