#pragma once

#include <memory>

#include "families/model_config.h"
#include "families/transformers_heads.h"
#include "families/video_tubes.h"
#include "families/weight_map.h"
#include "layers/norm.h"
#include "layers/transformer.h"
#include "tensor/mask_plan.h"

namespace maskscope {

/// What a VideoMAE config asks for, in our settings. @throws DataError for keys that cannot be honoured
VideoTubes readVideoTubes(ModelConfig& config);
TransformerParams readVideoTransformer(ModelConfig& config);
/// @param encoder  whose activation, norms and biases the decoder shares
TransformerParams readVideoDecoder(ModelConfig& config, const TransformerParams& encoder);

/// The tensors of the encoder, which is a ViT over a strip of tubes, under "encoder.".
WeightMap mapVideoEncoder(ModelWeights& weights, const VideoTubes& tubes, const TransformerParams& params);

/// What VideoMAE's decoder is made of.
struct VideoDecoder {
    OuterLinear embed, predict;
    at::Tensor maskToken, positions;  // [D'], [N, D']
    std::shared_ptr<Transformer> blocks;
    std::shared_ptr<Norm> norm;

    static VideoDecoder take(ModelWeights& weights, const TransformerParams& params, std::int64_t featureWidth, std::int64_t tubes);
    /// @param visible  [B, K, D] features   @return [B, M, values] of the hidden tubes
    at::Tensor operator()(const at::Tensor& visible, const TokenSplit& split) const;
};

}  // namespace maskscope
