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
    at::Tensor maskable;                  // [B, N] bool, false = never hidden (padding, special tokens); undefined: what is valid
    at::Tensor groups;                    // [B, N] int64, tokens of one number belong together (a word); undefined: none do
    at::Tensor edges;                     // [2, E] int64 (from, to) over B * N flattened tokens, both directions; graphs only
    at::Tensor edgeSlots;                 // [E] int64 over B * S flattened edge slots: the two directions of an edge share one
    at::Tensor edgeValid;                 // [B, S] bool: slots that hold an edge
    std::vector<std::int64_t> hierarchy;  // token-grid reduction of each level of a hierarchical encoder; empty: one level

    /// N, tokens a sample (padding included).
    std::int64_t tokens() const {
        std::int64_t count = 1;
        for (const std::int64_t side : shape) count *= side;
        return count;
    }
    /// Where masks may hide: `maskable`, else `valid`; undefined: everywhere.
    const at::Tensor& hideable() const { return maskable.defined() ? maskable : valid; }

    /// The places alone, for a batch of another size. @param valid  [B, N] bool or undefined
    Geometry repeated(std::int64_t rows, at::Tensor real) const {
        Geometry geometry = grid(rows, shape);
        geometry.kind = kind;
        geometry.valid = std::move(real);
        return geometry;
    }

    static Geometry grid(std::int64_t batch, std::vector<std::int64_t> shape) {
        Geometry geometry;
        geometry.batch = batch;
        geometry.shape = std::move(shape);
        return geometry;
    }
    /// N tokens in a row. @param valid  [B, N] bool or undefined
    static Geometry sequence(std::int64_t batch, std::int64_t tokens, at::Tensor valid) {
        Geometry geometry = grid(batch, {tokens});
        geometry.kind = GeometryKind::Sequence;
        geometry.valid = std::move(valid);
        return geometry;
    }
};

}  // namespace maskscope
