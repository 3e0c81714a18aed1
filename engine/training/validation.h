#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "recipes/method.h"
#include "snapshot/records.h"

namespace maskscope {

/// Validation masks are the same for every run on the same samples.
inline constexpr std::uint64_t kValidationSeed = 20240;

/// How the masks of validation samples are drawn: from the seed and the samples' ids alone, for whoever shows them as the run saw them.
MaskDraw validationDraw(const std::vector<std::int64_t>& sampleIds, std::uint64_t seed = kValidationSeed);

/// The frozen validation samples with their frozen masks. Never trained on. One thread.
class Validation {
public:
    /// Draws the masks: from `seed` and the sample ids alone.
    /// @param view  the validation samples, evaluation transform, on the device
    Validation(const Method& method, View view, std::uint64_t seed);

    /// Computes what predictors of pixels that learn nothing reach here; none where no pixels are predicted or when stopped.
    void measureBaselines(std::stop_token stop);

    /// Asks the method, in evaluation mode. @return nothing when stopped on the way
    /// @param signals  of the run, which masks and losses may read and validation never changes
    std::optional<ValidationRecord> run(Method& method, std::int64_t step, const Signals& signals, std::stop_token stop) const;

    /// `count` samples evenly spread over all, and their masks; where strategies choose by what networks say, as these say now.
    std::pair<View, MaskPlan> probes(std::int64_t count) const;
    std::int64_t samples() const { return view_.batch(); }
    const std::optional<BaselineRecord>& baselines() const { return baselines_; }

private:
    /// Some of the samples, as every view of the recipe.
    struct Part {
        std::vector<View> views;
        MaskPlan plan;
    };
    Part part(const std::vector<std::int64_t>& rows) const;
    /// Calls `visit` with one part after the other. @return whether it came to the end without a stop
    bool forEachPart(const std::stop_token& stop, const std::function<void(const Part&)>& visit) const;

    const Method& method_;
    View view_;
    std::uint64_t seed_;
    std::optional<BaselineRecord> baselines_;
};

}  // namespace maskscope
