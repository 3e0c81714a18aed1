#pragma once

#include <ATen/core/Tensor.h>

namespace maskscope {

/// Telling the true vector of a token from drawn ones: cross-entropy over cosines divided by the temperature (van den Oord et al., CPC, 2018;
/// Baevski et al., wav2vec 2.0, NeurIPS 2020, Eq. 3). A drawn vector that equals the true one does not count.
/// @param prediction   [B, N, Q] float
/// @param target       [B, N, Q] float, the true vectors
/// @param negatives    [B, N, K] int64, which of the B * N true vectors the others are
/// @param counts       [B, N] bool, the tokens that count
/// @param temperature  above 0
/// @return             scalar, the sum over the tokens that count, in nats
/// @throws ShapeError  if the shapes do not go together
at::Tensor sampledContrastive(const at::Tensor& prediction, const at::Tensor& target, const at::Tensor& negatives, const at::Tensor& counts,
                              double temperature);

}  // namespace maskscope
