#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "training/training_request.h"

namespace maskscope {

/// A new run that goes on from a checkpoint of another one with some settings changed: weights, optimiser, averages and signals
/// are the checkpoint's, the step count goes on, and so do the order of samples, the augmentation and the masks, which are
/// functions of seed and step. A fork of step 0 is a twin: same start, same order, same masks where the changed setting is not
/// about them. Settings that were changed live up to that step are part of the fork's recipe.
/// @param run       the parent, also while another process writes it
/// @param settings  "key=value", laid over the parent's recipe
/// @return          a request for Trainer::start. @throws DataError if it is no run; UsageError if there is no such checkpoint,
///                  naming those that there are
TrainingRequest forkRequest(const std::filesystem::path& run, std::int64_t step, const std::vector<std::string>& settings);

/// What differs between two recipes: "key: a | b", in the order of the first one's keys. For twins and comparisons.
std::vector<std::string> differingSettings(const Value& a, const Value& b);

}  // namespace maskscope
