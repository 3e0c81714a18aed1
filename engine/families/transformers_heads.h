#pragma once

#include <string>

#include "families/family.h"
#include "families/opened_vit.h"

namespace maskscope {

/// A linear map of their names, applied outside of the networks: classifiers and poolers.
struct OuterLinear {
    at::Tensor weight, bias;  // bias undefined: there is none

    /// @throws DataError if it is not there or its input is not `width` wide
    static OuterLinear take(ModelWeights& weights, const std::string& name, std::int64_t width);
    at::Tensor apply(const at::Tensor& x) const { return at::linear(x, weight, bias); }
};

/// The loss of a classifier of Hugging Face transformers: cross entropy, mean squares where there is one class or problem_type says
/// "regression", binary cross entropy where it says "multi_label_classification" or labels are no whole numbers.
/// @param logits  [B, C]  @param labels  [B], or [B, C]
at::Tensor classifierLoss(const at::Tensor& logits, const at::Tensor& labels, const std::string& problemType);

/// The loss of masked image modelling in Hugging Face transformers: absolute error on what is hidden.
/// @param hidden  [B, N], 1 = hidden
at::Tensor maskedPixelLoss(const at::Tensor& pixels, const at::Tensor& reconstruction, const at::Tensor& hidden, const ImageInput& input);

}  // namespace maskscope
