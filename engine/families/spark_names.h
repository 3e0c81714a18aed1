#pragma once

#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "families/model_weights.h"

namespace maskscope {

/// The files of SparK (Tian et al., ICLR 2023): whole ones with decoder, and encoders alone in the names of timm's ResNet or of the
/// first ConvNeXt: what a config would say of them, from their tensors' names and shapes.
/// @return none if the names are of neither
std::optional<nlohmann::json> recogniseSpark(ModelWeights& weights);

}  // namespace maskscope
