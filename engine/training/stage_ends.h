#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "recipes/method_spec.h"

namespace maskscope {

/// The step after each stage of a schedule; one where a recipe has no stages.
inline std::vector<std::int64_t> stageEnds(const MethodSpec& spec, std::int64_t steps) {
    std::vector<std::int64_t> ends;
    for (const StageSpec& stage : spec.stages) ends.push_back(std::llround(stage.until * static_cast<double>(steps)));
    if (ends.empty()) ends.push_back(steps);
    return ends;
}

/// Steps from `begin` on, up to but not including `end`.
struct StageSpan {
    std::int64_t begin = 0, end = 0;
};

/// The stage that the last of `done` steps belongs to.
inline StageSpan presentStage(const MethodSpec& spec, std::int64_t steps, std::int64_t done) {
    StageSpan span;
    for (const std::int64_t end : stageEnds(spec, steps)) {
        span = {span.end, end};
        if (done <= end) break;
    }
    return span;
}

}  // namespace maskscope
