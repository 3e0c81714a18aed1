#pragma once

#include <vector>

#include "data/text/tokenizer.h"
#include "snapshot/picture.h"
#include "tensor/prediction.h"
#include "tensor/view.h"

namespace maskscope {

/// The texts of a view with their hidden tokens. Where the prediction holds logits over codes, hidden tokens (and all, where
/// the loss counts visible ones too) get the five most probable guesses. Padding is left out.
/// @param hidden  [B, N] float, 1 = hidden
std::vector<Picture> textPictures(const View& view, const at::Tensor& hidden, const Prediction* prediction, const Tokenizer& tokenizer,
                                  const TextInput& input);

}  // namespace maskscope
