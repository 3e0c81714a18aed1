#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

namespace maskscope {

/// @param vectors  [..., D]   @param entries [V, D]   @return [..., V]
at::Tensor squaredDistances(const at::Tensor& vectors, const at::Tensor& entries);

/// Vectors that others are replaced by, the nearest each (van den Oord et al., Neural Discrete Representation Learning, NeurIPS
/// 2017, Sec. 3.1).
class Codebook : public torch::nn::Module {
public:
    /// @param commitment  weight of the loss that draws the entries to the vectors
    Codebook(std::int64_t entries, std::int64_t width, double commitment);

    struct Choice {
        at::Tensor codes;    // [R] int64
        at::Tensor vectors;  // [R, D]; gradients pass to what was asked as if nothing had been replaced
        at::Tensor loss;     // mean squared distances, once for the vectors and, weighted, once for the entries
    };
    /// @param vectors  [R, D]
    Choice nearest(const at::Tensor& vectors) const;

    /// Squared distances to every entry. @param vectors  [R, D]   @return [R, V]
    at::Tensor distances(const at::Tensor& vectors) const;

    /// [V, D]
    const at::Tensor& entries() const { return table_; }
    /// @param codes  [...] int64   @return [..., D]
    at::Tensor entriesOf(const at::Tensor& codes) const;

private:
    double commitment_;
    at::Tensor table_;  // [V, D]
};

}  // namespace maskscope
