#pragma once

#include "heads/linear_head.h"
#include "tensor/input_spec.h"

namespace maskscope {

/// Paints pixels with one linear map a token and gives their spectrum: rows are frequencies in the place of tokens, see tensor/frequencies.h (Xie et
/// al., Masked Frequency Modeling for Self-Supervised Visual Pre-Training, ICLR 2023, Sec. 3, and its code).
class SpectrumHead : public Head {
public:
    using Params = LinearHead::Params;
    /// @throws RecipeError unless the target is a spectrum
    SpectrumHead(const Params& params, const HeadContext& context);

    /// @param split  of frequencies   @return [B, R, 2 C]
    at::Tensor forward(const Features& features, const TokenSplit* split, TokenChoice rows) override;
    bool restoresDropped() const override { return false; }

private:
    ImageInput input_;
    std::shared_ptr<LinearHead> paint_;
};

}  // namespace maskscope
