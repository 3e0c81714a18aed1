#pragma once

#include "families/model_config.h"
#include "families/model_weights.h"

namespace maskscope {

/// What weights without a config are, by the names and shapes of their tensors: the official files of MAE (with the decoder), of
/// BEiT, and of plain Vision Transformers (MAE's encoder, I-JEPA, DINO, timm), and those of official_names.h. Numbers that no tensor shows, such as
/// that of the attention heads, are those that the papers have at that width.
/// @return the config that their family would have; `weights` can be asked by that family's names afterwards
/// @throws DataError with what could be recognised
ModelConfig recogniseWeights(ModelWeights& weights);

}  // namespace maskscope
