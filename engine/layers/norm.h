#pragma once

#include <cstdint>
#include <string>

#include <torch/nn/module.h>

namespace maskscope {

/// Brings the channels of every token to one scale. Kinds:
///   layer      mean 0, variance 1 over a token's channels, then weight and bias (Ba et al., Layer Normalization, 2016)
///   layer_weight, layer_plain   the same without the bias, and without either
///   rms        divided by the root of the mean square, then weight (Zhang & Sennrich, NeurIPS 2019)
///   batch      mean 0, variance 1 of each channel over all tokens of a batch; running ones outside of training (Ioffe &
///              Szegedy, ICML 2015)
class Norm : public torch::nn::Module {
public:
    /// @throws RecipeError for another kind
    Norm(const std::string& kind, std::int64_t width, double eps);

    /// @param x        [..., D], for "batch" [B, ..., D]
    /// @param visible  [..., 1] float, 0 = hidden: what is hidden does not count and comes out as 0 (Tian et al., SparK, ICLR 2023,
    ///                 Sec. 3.1); undefined: all is visible
    /// @return         the same shape
    at::Tensor forward(const at::Tensor& x, const at::Tensor& visible = {});

    const at::Tensor& weight() const { return weight_; }
    const at::Tensor& bias() const { return bias_; }

private:
    enum class Kind { Layer, Rms, Batch };
    at::Tensor normalize(const at::Tensor& x);
    at::Tensor batchOfVisible(const at::Tensor& x, const at::Tensor& visible);

    Kind kind_ = Kind::Layer;
    std::int64_t width_;
    double eps_;
    at::Tensor weight_, bias_;                  // [D], undefined where the kind has none
    at::Tensor runningMean_, runningVariance_;  // [D], of "batch"
};

}  // namespace maskscope
