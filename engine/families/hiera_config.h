#pragma once

#include "encoders/hiera.h"
#include "families/model_config.h"
#include "families/weight_map.h"
#include "heads/transformer_head.h"

namespace maskscope {

/// What a Hiera config asks for, in our settings. @throws DataError for keys that cannot be honoured
Hiera::Params readHieraParams(ModelConfig& config);
ImageInput readHieraInput(ModelConfig& config, const Hiera::Params& params);
TransformerHead::Params readHieraDecoder(ModelConfig& config, const Hiera::Params& params);

/// Tensors of the encoder under "encoder.", those of the fusion and the norm after it included if `params.fuses`.
void mapHieraEncoder(WeightMap& map, const Hiera::Params& params);
/// Tensors of the decoder. @param ours  beginning of its names, with a dot
void mapHieraDecoder(WeightMap& map, const std::string& ours, const TransformerHead::Params& params, const ImageInput& input);

/// [encoder] of a recipe, without `sees`.
Value hieraTable(const Hiera::Params& params);

/// Mask units that stay, by the reference implementation's rule: the lowest of the noise, int(U * (1 - ratio)) of them.
struct HieraUnits {
    at::Tensor visible;     // [B, U] bool, true = kept
    at::Tensor kept;        // [B, K] int64, ascending
    at::Tensor idsRestore;  // [B, U] int64, the place of every unit in the order of the noise
};
/// @param noise  [B, U]
HieraUnits keepUnits(const at::Tensor& noise, double ratio);

/// Brings the values of patches from our order (row, column, channel) to Hiera's (channel, row, column).
/// @param patches  [..., patchValues]
at::Tensor toHieraOrder(const at::Tensor& patches, const ImageInput& input);

}  // namespace maskscope
