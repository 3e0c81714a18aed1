#pragma once

#include <string>

#include "families/model_config.h"
#include "families/opened_vit.h"
#include "layers/transformer.h"
#include "snapshot/identity_card.h"

namespace maskscope {

/// What cards say of encoders that opened as methods, and of those that came without a decoder.
inline constexpr const char* kLookedInto = "Its attention can be looked at, and its features probed.";
inline constexpr const char* kNoDecoder = "It has no decoder, so it reconstructs nothing until one is trained on it.";

/// The keys that the ViT-like models of Hugging Face transformers share: hidden_size, num_hidden_layers, num_attention_heads,
/// intermediate_size, hidden_act, layer_norm_eps, qkv_bias.
TransformerParams readVitTransformer(ModelConfig& config, double standardEps = 1e-12);

/// image_size, patch_size and num_channels. @throws DataError for sizes that cannot be
ImageInput readVitInput(ModelConfig& config);

/// What a block of the encoder is called: "encoder.layer.0", or "layers.0" as transformers 5 calls it in memory.
std::string vitLayer(const ModelWeights& weights, std::int64_t index);

/// One transformer block in the names of Hugging Face's ViT, such as "encoder.layer.0" or "decoder.decoder_layers.0". Query, key and
/// value may also be one tensor, attention.qkv, as in files that recogniseWeights() gave these names.
void mapVitBlock(WeightMap& map, const std::string& ours, const std::string& theirs);

/// A table of positions that begins with the positions of `prefixes` tokens without a place, which are added to those tokens.
/// @param theirs    name of the table, [1, prefixes + N, D] or [prefixes + N, D]
/// @return          [prefixes, D]; what is left goes to encoder.pos_embed.table
at::Tensor mapPositions(WeightMap& map, const std::string& theirs, std::int64_t prefixes);

/// "encoder.cls_token" from a token of theirs and its position. @param position  [D]; undefined: it has none
void mapToken(WeightMap& map, const std::string& ours, const std::string& theirs, const at::Tensor& position);

/// The facts of a ViT for its card: blocks, input, patches, normalisation, positions, tokens.
void addVitFacts(IdentityCard& card, const ImageInput& input, const TransformerParams& params, const std::string& statisticsFrom);

}  // namespace maskscope
