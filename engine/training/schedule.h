#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace maskscope {

class ParamReader;

/// From `from` (fraction 0) to `to` (fraction 1) along half a cosine wave; the fraction is clamped to 0..1.
double cosineBetween(double from, double to, double fraction);
/// The same along a line.
double linearBetween(double from, double to, double fraction);

/// How the learning rate changes: a linear warm-up, then one of four courses. Pure functions of the step.
struct Schedule {
    enum class Kind { Cosine, Linear, Constant, Step };

    struct Params {
        Kind kind = Kind::Cosine;
        double warmup = 0.0;             // steps; where 0, warmupShare holds
        double warmupShare = 0.0;        // share of all steps
        double startLr = 0.0;            // at step 0 of a warm-up
        double minLr = 0.0;              // at the end of cosine and linear
        std::vector<double> milestones;  // of step: shares of all steps at which the rate is multiplied by gamma
        double gamma = 0.1;

        /// Reads kind, warmup, warmup_share, start_lr, min_lr, milestones, gamma. @throws RecipeError
        static Params read(ParamReader& reader);
    };

    Params params;
    double peakLr = 0.0;      // after the warm-up
    double totalSteps = 0.0;  // the schedule's length; later steps keep its last value

    /// The learning rate of the update that `step` updates have gone before (0 for the first one):
    /// below the warm-up w: start + (peak - start) step / w; then, with f = (step - w) / (total - w),
    /// cosine: min + (peak - min) (1 + cos(pi f)) / 2; linear: peak + (min - peak) f; constant: peak;
    /// step: peak gamma^(milestones at or before step / total).
    double lrAt(double step) const;
    /// Length of the warm-up in steps.
    double warmupSteps() const;
};

}  // namespace maskscope
