#pragma once

namespace maskscope {

class Method;

/// Gives every network that names a run (NetworkSpec::run) the weights of that run's newest checkpoint: of its network of the same
/// name, else of its first one. A run's own checkpoints keep them from then on, so the other run may go.
/// @throws DataError if it is no run, has no checkpoint, or its network has other tensors
void loadRunWeights(const Method& method);

}  // namespace maskscope
