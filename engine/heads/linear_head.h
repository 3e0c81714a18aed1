#pragma once

#include <torch/nn/modules/linear.h>

#include "heads/head.h"

namespace maskscope {

/// One linear map a token: the one-layer head of SimMIM (Xie et al., CVPR 2022, Sec. 3.3).
class LinearHead : public Head {
public:
    struct Params {
        static Params read(ParamReader&) { return {}; }
    };
    LinearHead(const Params& params, const HeadContext& context);

    at::Tensor forward(const Features& features, const TokenSplit* split, TokenChoice rows) override;
    bool restoresDropped() const override { return false; }

private:
    torch::nn::Linear predict_;
};

}  // namespace maskscope
