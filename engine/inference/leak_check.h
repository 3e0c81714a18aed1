#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "recipes/method.h"

namespace maskscope {

/// Whether what a mask hides reaches the predictions of an objective in spite of it.
struct LeakFinding {
    std::string objective;
    double change = 0.0;    // largest change of a prediction when the hidden values are others; 0: nothing got through
    std::string permitted;  // what the method's definition lets through; empty: nothing

    /// Whether something got through that must not.
    bool leaks() const { return change > 0.0 && permitted.empty(); }
};

/// Replaces the raw values of everything that is hidden (of frequencies: adds others), before any operator has seen them, and compares the
/// predictions bit for bit: the same masks, the same signals, the same weights. A teacher or a target may see the whole; a prediction must not move.
/// Evaluation mode, without gradients; the method's mode is restored.
/// @param views  all that the method has, by its names; what is hidden in one may be seen in another, where the method says so
/// @param masks  drawn for these views
/// @param seed   of the values that are put in
/// @throws ShapeError if views and method do not belong together
std::vector<LeakFinding> findLeaks(Method& method, const std::vector<View>& views, const MaskPlan& masks, const Signals& signals, std::uint64_t seed);

}  // namespace maskscope
