#pragma once

#include <string>

#include "families/weight_map.h"
#include "tensor/input_spec.h"

namespace maskscope {

/// The decoder of masked image modelling in Hugging Face transformers, a convolution of 1 x 1 before a pixel shuffle, as the linear
/// map a patch that it is: a channel of theirs is (channel, row, column) of a patch, a value of ours (row, column, channel).
/// @param theirs  name of the convolution, whose weight is [C patchHeight patchWidth, D, 1, 1]
void mapPixelShuffle(WeightMap& map, const std::string& ours, const std::string& theirs, const ImageInput& input);

}  // namespace maskscope
