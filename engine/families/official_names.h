#pragma once

#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "families/model_weights.h"

namespace maskscope {

/// The official files of Swin, Swin V2 and SimMIM, of ConvNeXt V2 and of VideoMAE: what Hugging Face's config would say of them, from
/// their tensors' names and shapes. `weights` can be asked by the names of Hugging Face afterwards.
/// @return none if the names are of none of them. @throws DataError naming the method for files that are recognised and not supported
std::optional<nlohmann::json> recogniseSwin(ModelWeights& weights);
std::optional<nlohmann::json> recogniseConvNextV2(ModelWeights& weights);
std::optional<nlohmann::json> recogniseVideoMae(ModelWeights& weights);

/// @throws DataError for a file whose names are known and whose networks are not there: fairseq's
void refuseKnownForeigners(const ModelWeights& weights);

/// Heads are 64 channels wide in the papers, except in ViT-H, whose 16 have 80.
std::int64_t usualHeads(std::int64_t width);

}  // namespace maskscope
