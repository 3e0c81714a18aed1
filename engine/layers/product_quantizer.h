#pragma once

#include <cstdint>

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

namespace maskscope {

/// Replaces vectors by entries of learned codebooks, one entry a group, side by side (Jegou et al., Product Quantization, TPAMI 2011;
/// Baevski et al., wav2vec 2.0, NeurIPS 2020, Sec. 2, 'Quantization module'). Parameters: logits.weight [G V, C], logits.bias,
/// entries_table [G, V, Q / G].
class ProductQuantizer : public torch::nn::Module {
public:
    /// @param inputWidth   C, channels of what is quantised
    /// @param groups       G; @param entries  V, entries of each group's codebook
    /// @param outputWidth  Q, channels of an answer, a multiple of the groups
    /// @throws RecipeError if the groups do not divide the output
    ProductQuantizer(std::int64_t inputWidth, std::int64_t groups, std::int64_t entries, std::int64_t outputWidth);

    struct Result {
        at::Tensor vectors;  // [B, N, Q]
        at::Tensor codes;    // [B, N, G] int64, the chosen entries
        at::Tensor chances;  // [B, N, G, V] how likely each entry was: softmax of the logits, without noise
    };
    /// The most likely entries.
    /// @param x  [B, N, C]
    Result forward(const at::Tensor& x);
    /// Entries drawn by Gumbel noise: the answer is the chosen entry, its gradient that of the softmax (Jang et al., ICLR 2017, Sec. 2.2).
    /// @param noise        [B, N, G, V] standard Gumbel
    /// @param temperature  of the softmax, above 0
    Result forward(const at::Tensor& x, const at::Tensor& noise, double temperature);

private:
    at::Tensor logitsOf(const at::Tensor& x);
    at::Tensor lookUp(const at::Tensor& weights) const;

    std::int64_t groups_, entries_;
    torch::nn::Linear logits_;
    at::Tensor table_;  // [G, V, Q / G]
};

/// How many entries are in use: exp of the entropy of how often each is taken, summed over groups (wav2vec 2.0, Sec. 3.2).
/// @param chances  [R, G, V], each [V] a distribution
/// @param counts   [R] float or bool, 0 = the row does not count; undefined: all count
/// @return         scalar, G to G V
at::Tensor codebookPerplexity(const at::Tensor& chances, const at::Tensor& counts);

}  // namespace maskscope
