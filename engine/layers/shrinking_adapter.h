#pragma once

#include <cstdint>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

namespace maskscope {

/// Shortens a sequence by strided convolutions with gated linear units (Dauphin et al., ICML 2017), so that a speech encoder's many frames
/// suit a text decoder (Li et al., Multilingual Speech Translation from Efficient Finetuning, ACL 2021, Sec. 2.2).
/// Parameters: conv0.weight [2 W, W, kernel], conv0.bias, ...; where widths differ, project and norm come first.
class ShrinkingAdapter : public torch::nn::Module {
public:
    struct Params {
        std::int64_t inputWidth = 768, width = 768;  // D, W
        std::int64_t depth = 3, kernel = 3, stride = 2;
    };
    explicit ShrinkingAdapter(const Params& params);

    /// @param x  [B, N, D]  @return [B, N', W]
    at::Tensor forward(const at::Tensor& x);

private:
    torch::nn::Linear project_;
    torch::nn::LayerNorm norm_;
    std::vector<torch::nn::Conv1d> convolutions_;
};

}  // namespace maskscope
