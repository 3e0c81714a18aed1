#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "recipes/method_spec.h"
#include "tensor/prediction.h"
#include "tensor/view.h"

namespace maskscope {

/// What a recipe hides of a view, before there is a model.
struct PreviewedMask {
    at::Tensor hidden;  // [B, N] float, 1 = something of the token is hidden; zeros for a recipe without a mask
    Prediction seen;    // its seenPixels alone

    /// For DataDomain::pictures; null where what is seen is the view with holes.
    const Prediction* shown() const { return seen.seenPixels.defined() ? &seen : nullptr; }
};

/// Draws the first mask of a recipe. Where a model chooses it, noise stands for what it would say.
/// @throws RecipeError, ShapeError if the strategy cannot mask the view
PreviewedMask previewMask(const MethodSpec& spec, const View& view, std::uint64_t seed);

}  // namespace maskscope
