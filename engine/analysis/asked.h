#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "core/value.h"
#include "data/dataset.h"
#include "inference/inference_session.h"
#include "media/decoded_image.h"
#include "recipes/published_weights.h"

namespace maskscope {

/// A checkpoint on disk; the run may be growing meanwhile.
struct CheckpointPlace {
    std::filesystem::path run;
    std::optional<std::int64_t> step;  // none: the newest complete one
};
/// Who is asked: weights that a session has published, or a checkpoint.
using AskedModel = std::variant<std::shared_ptr<const PublishedWeights>, CheckpointPlace>;

/// A sample of an opened data set.
struct DataSample {
    std::shared_ptr<const Dataset> data;
    std::int64_t sample = 0;
};
/// What it is asked about: any picture, as the model's input spec wants it cropped, or a sample.
using AskedSample = std::variant<std::shared_ptr<const DecodedImage>, DataSample>;

/// What is hidden: a given mask (N values, 1 = hidden), what a strategy draws, or what validation hides.
struct DrawnMask {
    Value strategy;  // a [mask] table; none: the recipe's own
    std::uint64_t seed = 0;
};
/// The mask under which a run validates the sample.
struct PinnedMask {};
using AskedMask = std::variant<std::vector<std::uint8_t>, DrawnMask, PinnedMask>;

/// One sample as the model sees it. @throws UsageError where there is none, DataError, RecipeError if the model sees no images
View viewOf(const InferenceSession& session, const AskedSample& sample);

/// @throws ShapeError, RecipeError
MaskPlan planOf(const InferenceSession& session, const View& view, const AskedMask& mask);

}  // namespace maskscope
