#pragma once

#include "core/image.h"
#include "core/random.h"

namespace maskscope::sample_data {

/// One picture: a lit scene of overlapping shapes, of which the largest and foremost is the class.
/// @param shape   index into kShapeNames
/// @param sidePx  of the square picture
/// @return        3 channels; depends on the stream's numbers alone
Image renderScene(int shape, int sidePx, RandomStream random);

}  // namespace maskscope::sample_data
