#pragma once

namespace at {
class Tensor;
}

namespace maskscope {

struct TokenSplit;

/// Takes tokens by index. @param tokens [B, N, D] @param indices [B, R] int64 @return [B, R, D]
at::Tensor takeTokens(const at::Tensor& tokens, const at::Tensor& indices);

/// Puts visible tokens back in image order and fills the gaps.
/// @param visible  [B, K, D] in the order of `split.visible`
/// @param filler   [D], or [B, N, D] from which hidden places are taken
/// @return         [B, N, D]
/// @throws ShapeError if K differs from split.visibleCount()
at::Tensor restoreTokens(const at::Tensor& visible, const at::Tensor& filler, const TokenSplit& split);

}  // namespace maskscope
