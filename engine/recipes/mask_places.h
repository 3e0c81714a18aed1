#pragma once

#include "recipes/method_spec.h"
#include "tensor/geometry.h"
#include "tensor/view.h"

namespace maskscope {

/// The places of a view that a mask can hide: its tokens, the edge slots of a graph, or the frequencies of an image.
/// @throws ShapeError, RecipeError if the view has no such places
Geometry maskedGeometry(const MaskSpec& mask, const InputSpec& input, const View& view);

}  // namespace maskscope
