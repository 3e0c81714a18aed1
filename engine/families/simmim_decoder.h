#pragma once

#include <string>

#include "families/opened_vit.h"
#include "families/recipe_tables.h"
#include "snapshot/identity_card.h"

namespace maskscope {

/// SimMIM's decoder (Xie et al., CVPR 2022, section 3.3), one linear map a patch to plain pixels. Other programs write it as a convolution of
/// 1 x 1 before a pixel shuffle: a channel of theirs is (channel, row, column) of a patch, a value of ours (row, column, channel).

/// Their rows in our order. @param value  [C patchHeight patchWidth, ...]  @return [patchValues, columns], or [patchValues] of a bias
at::Tensor shuffledRows(const at::Tensor& value, const ImageInput& input);

/// Carries the decoder over to head_reconstruction.predict, a linear head.
/// @param theirs  name of the convolution, whose weight is [C patchHeight patchWidth, D, 1, 1]
/// @throws DataError if it draws patches of another size
void mapSimMimDecoder(WeightMap& map, const std::string& theirs, const ImageInput& input);

/// Makes a method of an encoder that reconstructs by it: mask tokens for 60 % of the patches, absolute error on them.
void addSimMim(MethodParts& parts);
/// The method that a Vision Transformer is together with a decoder that mapSimMimDecoder() carried over.
/// @param size  of the images; none: the config's
ForeignModel simMimMethod(const OpenedVit& vit, const std::string& id, const std::string& name, const std::optional<Sides>& size);

/// What a card says of the decoder.
void addSimMimFacts(IdentityCard& card);

}  // namespace maskscope
