#pragma once

#include <torch/nn/modules/linear.h>

#include "heads/head.h"

namespace maskscope {

/// One linear map an edge, from the sum of the features of its two ends (Hu et al., Strategies for Pre-training Graph Neural
/// Networks, ICLR 2020, Sec. 3.1.2: an edge is embedded by combining its end nodes). Rows are edge slots.
class EdgeLinearHead : public Head {
public:
    struct Params {
        static Params read(ParamReader&) { return {}; }
    };
    EdgeLinearHead(const Params& params, const HeadContext& context);

    /// @param split  of a mask of edges
    /// @return       [B, R, T]; rows in the order of split->hidden, split->visible, or all S slots
    at::Tensor forward(const Features& features, const TokenSplit* split, TokenChoice rows) override;
    bool restoresDropped() const override { return false; }

private:
    torch::nn::Linear predict_;
};

}  // namespace maskscope
