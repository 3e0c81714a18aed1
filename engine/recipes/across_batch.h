#pragma once

namespace maskscope {

struct Components;
struct ObjectiveSpec;

/// Whether an objective's loss compares the samples of a batch with each other (Loss::acrossBatch).
/// @throws RecipeError if the loss does not exist
bool isAcrossBatch(const ObjectiveSpec& objective, const Components& components);

}  // namespace maskscope
