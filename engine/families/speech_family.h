#pragma once

#include <memory>

#include "families/family.h"

namespace maskscope {

/// wav2vec 2.0 (Baevski et al., NeurIPS 2020), HuBERT (Hsu et al., TASLP 2021) and data2vec-audio (Baevski et al., ICML 2022) of Hugging Face
/// transformers: inputs input_values [B, S], attention_mask, mask_time_indices, and what their classes take.
std::unique_ptr<FamilyModel> openWav2Vec2(ModelConfig& config, ModelWeights& weights);
std::unique_ptr<FamilyModel> openHubert(ModelConfig& config, ModelWeights& weights);
std::unique_ptr<FamilyModel> openData2VecAudio(ModelConfig& config, ModelWeights& weights);

}  // namespace maskscope
