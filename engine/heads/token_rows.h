#pragma once

#include <ATen/core/Tensor.h>

#include "heads/head.h"

namespace maskscope {

/// The tokens that `rows` asks for, out of features that hold them.
/// @return [B, R, D]
/// @throws ShapeError if the features dropped tokens that are asked for, or have no class token
at::Tensor chooseTokens(const Features& features, const TokenSplit* split, TokenChoice rows);

/// The same out of all N tokens in image order. @param tokens [B, N, D]
at::Tensor chooseRows(const at::Tensor& tokens, const TokenSplit* split, TokenChoice rows);

}  // namespace maskscope
