#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/toml.h"
#include "masks/mask_strategy.h"

namespace maskscope::testing {

/// A strategy made from TOML text, as a recipe does it.
inline std::unique_ptr<MaskStrategy> makeMask(const std::string& toml) {
    return makeMaskRegistry().make(parseToml(toml, "test.toml"), "mask", "strategy");
}

inline MaskDraw drawOf(std::uint64_t seed, std::vector<std::uint64_t> samples, std::uint64_t step = 0) {
    MaskDraw draw;
    draw.seed = seed;
    draw.step = step;
    draw.samples = std::move(samples);
    return draw;
}

inline std::vector<std::uint64_t> firstSamples(std::size_t count) {
    std::vector<std::uint64_t> samples(count);
    for (std::size_t i = 0; i < count; ++i) samples[i] = i;
    return samples;
}

/// The only mask of a strategy. @return [rows, N]
inline at::Tensor hiddenOf(const MaskStrategy& strategy, const Geometry& geometry, const MaskDraw& draw) {
    const std::vector<Mask> masks = strategy.sample(geometry, Signals{}, draw);
    return masks.size() == 1 ? masks.front().hidden : at::Tensor();
}

inline std::int64_t countOf(const at::Tensor& values) { return static_cast<std::int64_t>(values.sum().item<double>()); }

/// "1100/0011": rows of a grid as text.
inline std::string drawn(const at::Tensor& hidden, std::int64_t columns) {
    std::string text;
    for (std::int64_t i = 0; i < hidden.numel(); ++i) {
        if (i > 0 && i % columns == 0) text += '/';
        text += hidden[i].item<float>() > 0.5F ? '1' : '0';
    }
    return text;
}

}  // namespace maskscope::testing
