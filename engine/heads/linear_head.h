#pragma once

#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include "heads/head.h"

namespace maskscope {

/// One linear map a token: the one-layer head of SimMIM (Xie et al., CVPR 2022, Sec. 3.3); with a layer norm before it, that of BEiT's
/// code.
class LinearHead : public Head {
public:
    struct Params {
        bool norm = false;
        double normEps = 1e-6;
        static Params read(ParamReader& reader);
    };
    LinearHead(const Params& params, const HeadContext& context);

    at::Tensor forward(const Features& features, const TokenSplit* split, TokenChoice rows) override;
    bool restoresDropped() const override { return false; }

private:
    torch::nn::LayerNorm norm_;  // empty: there is none
    torch::nn::Linear predict_;
};

}  // namespace maskscope
