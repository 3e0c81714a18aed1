#include "training/observing_pace.h"

#include <algorithm>

namespace maskscope {
namespace {

constexpr double kStepMemory = 0.05, kLookMemory = 0.3;  // weight of the newest value in the running means
constexpr std::int64_t kLongestInterval = std::int64_t{1} << 20;

double runningMean(double mean, double value, double weight) { return mean == 0.0 ? value : mean + weight * (value - mean); }

}  // namespace

void ObservingPace::stepped(double seconds) { stepSeconds_ = runningMean(stepSeconds_, seconds, kStepMemory); }

ObservingPace::Change ObservingPace::looked(std::int64_t step, double seconds) {
    lastLook_ = step;
    lookSeconds_ = runningMean(lookSeconds_, seconds, kLookMemory);
    if (stepSeconds_ == 0.0) return Change::None;  // nothing to compare with yet
    const std::int64_t before = interval_;
    while (lookSeconds_ > allowedSeconds() && interval_ < kLongestInterval) interval_ *= 2;
    if (interval_ == before && interval_ > 1 && lookSeconds_ < allowedSeconds() / 4) interval_ /= 2;
    return interval_ > before ? Change::Rarer : interval_ < before ? Change::MoreOften : Change::None;
}

double ObservingPace::shareTaken() const {
    const double whole = lookSeconds_ + static_cast<double>(interval_) * stepSeconds_;
    return whole > 0.0 ? lookSeconds_ / whole : 0.0;
}

}  // namespace maskscope
