#pragma once

#include <string>

#include "encoders/vit.h"
#include "families/opened_vit.h"
#include "families/timm_token_head.h"

namespace maskscope {

/// How a relative of the Vision Transformer in timm is put together from our components.
struct TimmVitParts {
    std::string title, id;  // "EVA-02", "timm_eva"
    Vit::Params params;
    ImageInput input;
    std::string statisticsFrom, places;  // for the card; `places` says how the model knows where patches lie
    bool drawsPixels = false;            // the file holds SimMIM's decoder, too: head_reconstruction.predict
};

/// Keys that its relatives share: embed_dim, depth, num_heads, mlp_ratio, qkv_bias, swiglu_mlp, scale_mlp.
/// @param p  holds what the architecture's name says, and receives what model_args say
void readTimmVitArgs(ModelConfig& args, TransformerParams& p);

/// The tensors of blocks.I: attention with one matrix (qkv) or three (q_proj, k_proj, v_proj), biases of queries and values, layer
/// scale (gamma_1, gamma_2), and an MLP that is plain, gated with one matrix (fc1), or gated with two (fc1_g, fc1_x).
void mapTimmBlocks(WeightMap& map, const TransformerParams& params);

/// patch_embed, cls_token, reg_token and pos_embed. @param placesOfPrefix  whether pos_embed begins with those of the tokens in front
void mapTimmEmbedding(WeightMap& map, const Vit::Params& params, bool placesOfPrefix);

/// A vision transformer of timm that takes pixel_values and answers with features, pre_logits and logits.
std::unique_ptr<FamilyModel> makeTimmVit(TimmVitParts parts, WeightMap map, TimmTokenHead head);

}  // namespace maskscope
