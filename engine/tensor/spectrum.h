#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace maskscope {

/// How many directions the rows of a matrix use: the exponential of the entropy of its singular values' shares (Roy & Vetterli,
/// The Effective Rank, EUSIPCO 2007, Sec. 2). Rows are not centred here.
/// @param rows  [R, D] of any float type
/// @return      1..min(R, D); 0 where every value is zero or there is none; NaN where one is not finite
/// @throws ShapeError if `rows` is no matrix
double effectiveRank(const at::Tensor& rows);

/// Rows seen from their mean, along the directions in which they vary most.
struct PrincipalComponents {
    at::Tensor scores;                      // [R, count] float, in the units of the rows
    std::vector<double> explainedVariance;  // count shares of the whole variance, 0..1; all 0 where nothing varies
    double effectiveRank = 0.0;             // of the centred rows
};

/// Principal component analysis by singular value decomposition. Each direction's largest loading is positive, so that the
/// same rows always give the same signs.
/// @param rows   [R, D] of any float type
/// @param count  scores to return; beyond min(R, D) they are 0
/// @throws ShapeError if `rows` is no matrix, DataError if a value is not finite
PrincipalComponents principalComponents(const at::Tensor& rows, std::int64_t count);

}  // namespace maskscope
