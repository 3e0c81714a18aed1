#include "heads/mlp_head.h"

#include <string>

#include <torch/torch.h>

#include "heads/token_rows.h"
#include "layers/linear_map.h"

namespace maskscope {

MlpHead::Params MlpHead::Params::read(ParamReader& reader) {
    Params p;
    p.layers = reader.integer("layers", 2, Range::between(2, 16), "linear layers, the predicting one included");
    p.width = reader.integer("width", 0, Range::atLeast(0), "channels between the layers; 0: as many as the features have");
    return p;
}

MlpHead::MlpHead(const Params& params, const HeadContext& context) {
    const std::int64_t width = params.width > 0 ? params.width : context.featureWidth;
    for (std::int64_t i = 0; i < params.layers; ++i) {
        const std::int64_t inputs = i == 0 ? context.featureWidth : width;
        const std::int64_t outputs = i + 1 == params.layers ? context.targetWidth : width;
        layers_.push_back(register_module("layer" + std::to_string(i), torch::nn::Linear(inputs, outputs)));
    }
}

at::Tensor MlpHead::forward(const Features& features, const TokenSplit* split, TokenChoice rows) {
    at::Tensor x = chooseTokens(features, split, rows);
    for (std::size_t i = 0; i < layers_.size(); ++i) x = linearMap(i == 0 ? x : at::gelu(x), layers_[i]);
    return x;
}

}  // namespace maskscope
