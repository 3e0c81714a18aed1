#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace maskscope {

/// A value after a training step. A value that is not finite is a gap.
struct CurvePoint {
    double step = 0.0;
    double value = 0.0;
};

/// Values over steps that only ever grow at the end, with the least and greatest value of every block of points kept at hand, so
/// that drawing costs what the screen has pixels, not what the series has points. Appending n points costs O(n).
class CurveSeries {
public:
    /// @throws UsageError if steps do not increase (within `points` and over what is there)
    void append(std::span<const CurvePoint> points);
    void append(CurvePoint point) { append(std::span(&point, 1)); }
    /// Removes all points after `step`.
    void cutAfter(double step);
    void clear();

    bool empty() const { return steps_.empty(); }
    std::size_t size() const { return steps_.size(); }
    /// How often points were taken back; who follows a series starts anew when this grows.
    int cuts() const { return cuts_; }
    CurvePoint at(std::size_t index) const { return {steps_[index], values_[index]}; }
    double firstStep() const { return steps_.front(); }
    double lastStep() const { return steps_.back(); }
    std::span<const double> steps() const { return steps_; }
    std::span<const double> values() const { return values_; }

    /// The last point at or before `step` that has a finite value; none before the first.
    std::optional<CurvePoint> valueAt(double step) const;

    /// What to draw between two steps on `pixels` columns: every point where there are few, else the first, least, greatest and last
    /// of each column in their order, so that no peak is lost. One point beyond each end, for the line that leaves the picture.
    /// At most 4 * pixels + 2 points.
    /// @param logSteps  columns are even on a logarithmic axis; `first` is above 0
    std::vector<CurvePoint> drawn(double first, double last, int pixels, bool logSteps = false) const;

private:
    struct Block {
        std::size_t least, greatest;  // indices of points; equal to the block's first point where no value is finite
    };
    static constexpr std::size_t kFan = 8;  // blocks of 8, 64, 512, ... points

    void extendBlocks();
    std::size_t lesser(std::size_t a, std::size_t b) const;
    std::size_t greater(std::size_t a, std::size_t b) const;
    Block extremes(std::size_t begin, std::size_t end) const;
    std::size_t indexFrom(double step) const;   // first point at or after
    std::size_t indexAfter(double step) const;  // first point after

    std::vector<double> steps_, values_;
    std::vector<std::vector<Block>> levels_;  // levels_[k][i]: points [i, i + 1) * kFan^(k + 1), complete blocks only
    int cuts_ = 0;
};

/// An exponential mean over steps: a point `span` steps back weighs 1/e of the newest one; the start is not biased towards 0.
/// It never reaches back further than a tenth of the steps so far (and one), so that it does not lag behind a steep beginning.
/// Grows with its source in O(new points).
class SmoothedSeries {
public:
    /// @param span  in steps; 0: nothing is smoothed and `series` stays empty. A change computes everything anew at the next update.
    void setSpan(double span);
    double span() const { return span_; }
    /// Catches up with `source`, which may have grown or been cut.
    void update(const CurveSeries& source);
    const CurveSeries& series() const { return smoothed_; }

private:
    CurveSeries smoothed_;
    double span_ = 0.0, sum_ = 0.0, weight_ = 0.0, lastStep_ = 0.0;
    int cuts_ = 0;
};

}  // namespace maskscope
