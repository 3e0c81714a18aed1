#include "heads/prototype_head.h"

#include <torch/torch.h>

#include "heads/token_rows.h"
#include "layers/linear_map.h"

namespace maskscope {
namespace {

constexpr double kLeastLength = 1e-6;

at::Tensor unitLength(const at::Tensor& vectors) { return vectors.div(vectors.norm(2, -1, /*keepdim=*/true).clamp_min(kLeastLength)); }

}  // namespace

PrototypeHead::Params PrototypeHead::Params::read(ParamReader& reader) {
    Params p;
    p.prototypes = reader.integer("prototypes", p.prototypes, Range::between(2, 1 << 20), "P, learned directions that tokens are compared with");
    p.layers = reader.integer("layers", p.layers, Range::between(1, 16), "linear layers before the comparison, GELU between them");
    p.width = reader.integer("width", p.width, Range::between(1, 1 << 16), "channels between the layers");
    p.bottleneck = reader.integer("bottleneck", p.bottleneck, Range::between(1, 1 << 16), "channels in which tokens and prototypes are compared");
    p.shared = reader.flag("shared_prototypes", p.shared,
                           "whether a teacher compares with the student's own prototypes (MSN), not with their moving average");
    return p;
}

PrototypeHead::PrototypeHead(const Params& params, const HeadContext& context) : params_(params) {
    for (std::int64_t i = 0; i < params.layers; ++i) {
        const std::int64_t inputs = i == 0 ? context.featureWidth : params.width;
        const std::int64_t outputs = i + 1 == params.layers ? params.bottleneck : params.width;
        layers_.push_back(register_module("layer" + std::to_string(i), torch::nn::Linear(inputs, outputs)));
    }
    prototypes_ = register_parameter(kTable, torch::zeros({params.prototypes, params.bottleneck}));
}

at::Tensor PrototypeHead::forward(const Features& features, const TokenSplit* split, TokenChoice rows) {
    at::Tensor x = chooseTokens(features, split, rows);
    for (std::size_t i = 0; i < layers_.size(); ++i) x = linearMap(i == 0 ? x : at::gelu(x), layers_[i]);
    return unitLength(x).matmul(unitLength(prototypes_).t());
}

}  // namespace maskscope
