#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "families/family.h"
#include "inference/inference_session.h"
#include "snapshot/identity_card.h"

namespace maskscope {

/// A checkpoint of another program, ready to answer like a run.
struct ModelSession {
    IdentityCard card;
    std::unique_ptr<InferenceSession> session;
};

/// @param place  a folder or a file, as openFamilyModel takes it
/// @param size   of the images that it will see; none: those of its config
/// @throws FileError, DataError; UsageError with the card's reason for a model that is no method
ModelSession openModelSession(const std::filesystem::path& place, const std::optional<Sides>& size = std::nullopt);

/// Whether a path is what openFamilyModel opens, by its look alone: a folder with config.json and weights, or a file of weights.
bool looksLikeModel(const std::filesystem::path& place);

}  // namespace maskscope
