#pragma once

#include <ATen/core/Tensor.h>

#include "losses/loss.h"

namespace maskscope {

/// The weighted mean of row losses: sum(loss * weight) / sum(weight), as MAE takes the mean over removed patches (He et al.,
/// CVPR 2022, official code). No rows, or no weight, give 0.
/// @param rows    [B, R] float
/// @param weight  [B, R] float; undefined: all rows count the same
/// @return        scalar of the type of `rows`
/// @throws ShapeError if the shapes differ
at::Tensor weightedRowMean(const at::Tensor& rows, const at::Tensor& weight);

/// The weighted mean of vectors. @param vectors [B, R, T] @param weight [B, R] or undefined @return [T] double, zeros where nothing has weight
at::Tensor weightedMean(const at::Tensor& vectors, const at::Tensor& weight);

/// Logarithms of shares that sum to 1; those that do not occur count as one in a billion. @param shares [T] @return [T] float
at::Tensor logShares(const at::Tensor& shares);

/// @throws ShapeError unless prediction and target are both [B, R, T]
void requireSameVectors(const LossInput& input, const char* loss);

/// @throws ShapeError unless the prediction is [B, R, T] and the target codes, [B, R] int64
void requireCodes(const LossInput& input, const char* loss);

}  // namespace maskscope
