#pragma once

#include <string>

#include "families/model_config.h"
#include "families/weight_map.h"
#include "layers/transformer.h"
#include "snapshot/identity_card.h"
#include "tensor/input_spec.h"

namespace maskscope {

/// hidden_size, num_hidden_layers, num_attention_heads, intermediate_size, layer_norm_eps of the text models of Hugging Face
/// transformers. @throws DataError for decoders: every token sees every other here
TransformerParams readTextTransformer(ModelConfig& config);

/// A layer norm, whose tensors old files call gamma and beta.
void mapNorm(WeightMap& map, const std::string& ours, const std::string& theirs);

/// Query, key, value, the map after them, and both maps of the MLP of block "encoder.layer.0".
void mapTextMaps(WeightMap& map, const std::string& ours, const std::string& theirs);

/// The facts of a text model for its card.
void addTextFacts(IdentityCard& card, const TextInput& input, const TransformerParams& params, const std::string& positions);

}  // namespace maskscope
