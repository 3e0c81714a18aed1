#pragma once

#include "families/model_config.h"
#include "tensor/input_spec.h"

namespace maskscope {

/// Images in whole patches; what exceeds them is left out, as a convolution does.
/// @param sizeKey      the key of `size`, for messages
/// @param channelsKey  is read; 3 where it is missing
/// @throws DataError for sides and channels that cannot be, naming the key
ImageInput patchedInput(ModelConfig& config, const char* sizeKey, const char* channelsKey, Sides size, Sides patch);

}  // namespace maskscope
