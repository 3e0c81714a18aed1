#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace maskscope {

enum class GeometryKind { Grid, Sequence, Set, Graph };

/// How the N tokens of each of B samples lie: what masks, positions and pictures need to know, for any domain.
struct Geometry {
    GeometryKind kind = GeometryKind::Grid;
    std::int64_t batch = 0;               // B
    std::vector<std::int64_t> shape;      // grid: 1 to 3 sides, slowest first (rows, columns); otherwise {N}
    at::Tensor coords;                    // [B, N, g] float, where tokens have places of their own; undefined otherwise
    at::Tensor valid;                     // [B, N] bool, false = padding; undefined: all tokens are real
    at::Tensor edges;                     // [2, E] int64 over B * N flattened tokens; graphs only
    std::vector<std::int64_t> hierarchy;  // token-grid reduction of each level of a hierarchical encoder; empty: one level

    /// N, tokens a sample (padding included).
    std::int64_t tokens() const {
        std::int64_t count = 1;
        for (const std::int64_t side : shape) count *= side;
        return count;
    }

    static Geometry grid(std::int64_t batch, std::vector<std::int64_t> shape) {
        Geometry geometry;
        geometry.batch = batch;
        geometry.shape = std::move(shape);
        return geometry;
    }
};

}  // namespace maskscope
