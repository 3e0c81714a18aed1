#pragma once

#include <string>
#include <vector>

#include "training/step.h"

namespace maskscope {

/// Where the passes of a step stop being finite: the first of input, parameters, layers of the encoder, layers of the head, prediction
/// and loss; where all of them are finite, the gradient that the backward pass reaches first. The passes are run again, so call it
/// under the noise of the step, with the gradients of the step still in place, and only when something is wrong.
/// @return  for a message: "in block 2 of network 'encoder'"; empty where everything turns out finite
std::string whereNotFinite(Method& method, const MicroBatch& batch, const Signals& signals);

}  // namespace maskscope
