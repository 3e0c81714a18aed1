#pragma once

#include "snapshot/picture.h"

namespace maskscope {

/// What a model made of an image: the composite, or where no pixels are predicted the picture of its prediction. Empty without a prediction.
inline const Image& filledIn(const ImagePicture& picture) { return picture.composite.empty() ? picture.prediction : picture.composite; }

}  // namespace maskscope
