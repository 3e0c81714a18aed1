#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/nn/modules/linear.h>

#include "heads/head.h"

namespace maskscope {

/// A multi-layer perceptron a token, GELU between its layers.
class MlpHead : public Head {
public:
    struct Params {
        std::int64_t layers = 2;
        std::int64_t width = 0;
        static Params read(ParamReader& reader);
    };
    MlpHead(const Params& params, const HeadContext& context);

    at::Tensor forward(const Features& features, const TokenSplit* split, TokenChoice rows) override;
    bool restoresDropped() const override { return false; }

private:
    std::vector<torch::nn::Linear> layers_;
};

}  // namespace maskscope
