#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/random.h"
#include "core/registry.h"
#include "tensor/geometry.h"
#include "tensor/mask_plan.h"
#include "tensor/signals.h"

namespace maskscope {

/// Names one draw of masks: the same draw gives the same masks, whoever asks and in whatever order.
struct MaskDraw {
    std::uint64_t seed = 0;
    std::string purpose = "mask";
    std::uint64_t step = 0;
    std::vector<std::uint64_t> samples;  // B * copies stream numbers, one a row of the masks
    double progress = 0.0;               // of the training schedule, 0..1, for strategies that change on the way

    RandomStream stream(std::size_t row) const { return {seed, purpose, step, samples[row]}; }
};

/// Decides what is hidden. Sees where the tokens lie and what earlier steps left in the signals; never a model.
/// Thread-safe: sampling changes nothing in the strategy.
class MaskStrategy {
public:
    virtual ~MaskStrategy() = default;

    /// One mask a role, each `hidden` [draw.samples.size(), N] float on the CPU, 1 = hidden.
    /// @throws ShapeError if the geometry is of a kind that the strategy cannot mask
    virtual std::vector<Mask> sample(const Geometry& geometry, const Signals& signals, const MaskDraw& draw) const = 0;
};

using MaskRegistry = Registry<std::unique_ptr<MaskStrategy>>;

/// Every mask strategy that there is.
MaskRegistry makeMaskRegistry();

}  // namespace maskscope
