#pragma once

#include <cstdint>

namespace maskscope {

/// Keeps what is computed for watchers under a share of the training time, by spacing the looks out. One thread.
///
/// A look that costs more than `share` of the steps until the next one doubles the interval, as often as it takes; one that
/// costs less than a quarter of that halves it. Costs and step times are running means, so that one slow look changes little.
class ObservingPace {
public:
    enum class Change { None, Rarer, MoreOften };

    /// @param share  of the training time, above 0
    explicit ObservingPace(double share) : share_(share) {}

    /// Whether enough steps have gone by since the last look. @param step  steps done
    bool isDue(std::int64_t step) const { return step - lastLook_ >= interval_; }
    /// A training step took so long, looks not counted.
    void stepped(double seconds);
    /// A look took so long. @return what becomes of the interval
    Change looked(std::int64_t step, double seconds);

    /// Steps between two looks: a power of two.
    std::int64_t interval() const { return interval_; }
    /// What looking takes of the time at the present interval, 0..1.
    double shareTaken() const;

private:
    double allowedSeconds() const { return share_ * static_cast<double>(interval_) * stepSeconds_; }

    double share_;
    std::int64_t interval_ = 1;
    std::int64_t lastLook_ = -(std::int64_t{1} << 62);
    double stepSeconds_ = 0.0, lookSeconds_ = 0.0;
};

}  // namespace maskscope
