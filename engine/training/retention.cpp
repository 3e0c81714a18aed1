#include "training/retention.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

namespace maskscope {
namespace {

int octave(std::int64_t step) { return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(step))); }

}  // namespace

std::vector<std::int64_t> stepsToKeep(std::span<const CheckpointFacts> checkpoints, const RetentionPolicy& policy) {
    std::vector<CheckpointFacts> sorted(checkpoints.begin(), checkpoints.end());
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.step < b.step; });
    std::set<std::int64_t> kept;
    const CheckpointFacts* best = nullptr;
    int lastOctave = -1;
    const auto recent = static_cast<std::size_t>(std::max(1, policy.recent));
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        const CheckpointFacts& checkpoint = sorted[i];
        if (checkpoint.step == 0 || checkpoint.pinned || i + recent >= sorted.size()) kept.insert(checkpoint.step);
        if (octave(checkpoint.step) != lastOctave) kept.insert(checkpoint.step);
        lastOctave = octave(checkpoint.step);
        if (checkpoint.valLoss && !std::isnan(*checkpoint.valLoss) && (best == nullptr || *checkpoint.valLoss < *best->valLoss)) best = &checkpoint;
    }
    if (best != nullptr) kept.insert(best->step);
    return {kept.begin(), kept.end()};
}

std::int64_t forecastCount(std::int64_t steps, std::int64_t every, const RetentionPolicy& policy) {
    if (every <= 0 || every > steps) every = std::max<std::int64_t>(1, steps);
    std::set<std::int64_t> kept{0, steps};
    std::int64_t newest = steps;
    for (int i = 0; i < std::max(1, policy.recent); ++i) {
        if (newest < 0) break;
        kept.insert(newest);
        newest = newest % every == 0 ? newest - every : newest - newest % every;
    }
    for (std::int64_t first = 1; first <= steps && first > 0; first *= 2) {
        const std::int64_t saved = (first + every - 1) / every * every;
        if (saved <= steps && octave(saved) == octave(first)) kept.insert(saved);
    }
    return static_cast<std::int64_t>(kept.size()) + 2;
}

double forecastBytes(std::int64_t steps, std::int64_t every, double bytesPerCheckpoint, const RetentionPolicy& policy) {
    return static_cast<double>(forecastCount(steps, every, policy)) * bytesPerCheckpoint;
}

}  // namespace maskscope
