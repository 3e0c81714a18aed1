#include "widgets/plots/curve_series.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/text.h"

namespace maskscope {
namespace {

constexpr double kReachOfHistory = 0.1;

}  // namespace

void CurveSeries::append(std::span<const CurvePoint> points) {
    double last = steps_.empty() ? -HUGE_VAL : steps_.back();
    for (const CurvePoint& point : points) {
        if (!(point.step > last)) {
            throw UsageError("curve: step " + shortestNumber(point.step) + " comes after step " + shortestNumber(last) +
                             ", but steps must increase; cut the series first");
        }
        last = point.step;
    }
    for (const CurvePoint& point : points) {
        steps_.push_back(point.step);
        values_.push_back(point.value);
    }
    extendBlocks();
}

void CurveSeries::cutAfter(double step) {
    const std::size_t kept = indexAfter(step);
    if (kept == steps_.size()) {
        return;
    }
    steps_.resize(kept);
    values_.resize(kept);
    std::size_t blockSize = 1;
    for (auto& level : levels_) {
        blockSize *= kFan;
        level.resize(kept / blockSize);
    }
    ++cuts_;
}

void CurveSeries::clear() {
    steps_.clear();
    values_.clear();
    levels_.clear();
    ++cuts_;
}

std::optional<CurvePoint> CurveSeries::valueAt(double step) const {
    for (std::size_t i = indexAfter(step); i > 0; --i) {
        if (std::isfinite(values_[i - 1])) {
            return at(i - 1);
        }
    }
    return std::nullopt;
}

std::size_t CurveSeries::lesser(std::size_t a, std::size_t b) const {
    if (!std::isfinite(values_[b])) {
        return a;
    }
    return !std::isfinite(values_[a]) || values_[b] < values_[a] ? b : a;
}

std::size_t CurveSeries::greater(std::size_t a, std::size_t b) const {
    if (!std::isfinite(values_[b])) {
        return a;
    }
    return !std::isfinite(values_[a]) || values_[b] > values_[a] ? b : a;
}

void CurveSeries::extendBlocks() {
    std::size_t blockSize = kFan;
    for (std::size_t k = 0; blockSize <= steps_.size(); ++k, blockSize *= kFan) {
        if (levels_.size() == k) {
            levels_.emplace_back();
        }
        auto& level = levels_[k];
        while ((level.size() + 1) * blockSize <= steps_.size()) {
            const std::size_t begin = level.size() * blockSize;
            level.push_back(extremes(begin, begin + blockSize));
        }
    }
}

/// Over the points [begin, end), through the largest blocks that fit.
CurveSeries::Block CurveSeries::extremes(std::size_t begin, std::size_t end) const {
    Block block{begin, begin};
    for (std::size_t i = begin; i < end;) {
        std::size_t level = 0;
        std::size_t size = 1;
        while (level < levels_.size() && i % (size * kFan) == 0 && i + size * kFan <= end && i / (size * kFan) < levels_[level].size()) {
            size *= kFan;
            ++level;
        }
        const Block part = level == 0 ? Block{i, i} : levels_[level - 1][i / size];
        block = {lesser(block.least, part.least), greater(block.greatest, part.greatest)};
        i += size;
    }
    return block;
}

std::size_t CurveSeries::indexFrom(double step) const {
    return static_cast<std::size_t>(std::lower_bound(steps_.begin(), steps_.end(), step) - steps_.begin());
}

std::size_t CurveSeries::indexAfter(double step) const {
    return static_cast<std::size_t>(std::upper_bound(steps_.begin(), steps_.end(), step) - steps_.begin());
}

std::vector<CurvePoint> CurveSeries::drawn(double first, double last, int pixels, bool logSteps) const {
    std::vector<CurvePoint> points;
    if (steps_.empty() || !(last > first) || pixels < 1) {
        return points;
    }
    std::size_t begin = indexFrom(first);
    std::size_t end = indexAfter(last);
    const std::size_t before = begin > 0 ? begin - 1 : begin;
    const std::size_t after = std::min(end + 1, steps_.size());
    const auto columns = static_cast<std::size_t>(pixels);
    if (end - begin <= 4 * columns) {
        for (std::size_t i = before; i < after; ++i) {
            points.push_back(at(i));
        }
        return points;
    }
    points.reserve(4 * columns + 2);
    if (before < begin) {
        points.push_back(at(before));
    }
    for (std::size_t column = 0; column < columns && begin < end; ++column) {
        const double share = static_cast<double>(column + 1) / static_cast<double>(columns);
        const double columnEnd = logSteps ? first * std::pow(last / first, share) : first + (last - first) * share;
        const std::size_t next = column + 1 == columns ? end : std::min(end, indexFrom(columnEnd));
        if (next == begin) {
            continue;
        }
        const Block block = extremes(begin, next);
        std::size_t chosen[] = {begin, std::min(block.least, block.greatest), std::max(block.least, block.greatest), next - 1};
        const auto* chosenEnd = std::unique(std::begin(chosen), std::end(chosen));
        for (const std::size_t* index = chosen; index != chosenEnd; ++index) {
            points.push_back(at(*index));
        }
        begin = next;
    }
    if (after > end) {
        points.push_back(at(end));
    }
    return points;
}

void SmoothedSeries::setSpan(double span) {
    if (span == span_) {
        return;
    }
    span_ = span;
    smoothed_.clear();
}

void SmoothedSeries::update(const CurveSeries& source) {
    if (cuts_ != source.cuts()) {
        smoothed_.clear();
        cuts_ = source.cuts();
    }
    if (smoothed_.empty()) {
        sum_ = weight_ = 0.0;
    }
    if (span_ <= 0.0) {
        return;
    }
    std::vector<CurvePoint> fresh;
    fresh.reserve(source.size() - smoothed_.size());
    for (std::size_t i = smoothed_.size(); i < source.size(); ++i) {
        CurvePoint point = source.at(i);
        if (std::isfinite(point.value)) {
            const double reach = std::min(span_, 1.0 + kReachOfHistory * (point.step - source.firstStep()));
            const double kept = weight_ > 0.0 ? std::exp(-(point.step - lastStep_) / reach) : 0.0;
            sum_ = kept * sum_ + point.value;
            weight_ = kept * weight_ + 1.0;
            lastStep_ = point.step;
            point.value = sum_ / weight_;
        }
        fresh.push_back(point);
    }
    smoothed_.append(fresh);
}

}  // namespace maskscope
