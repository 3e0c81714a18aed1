#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "tensor/geometry.h"

namespace maskscope {

/// How many of `tokens` a ratio hides: lround(ratio * tokens), but at least one stays hidden and one visible.
/// @param ratio  share hidden, 0 < ratio < 1
/// @throws ShapeError if there are fewer than two tokens
std::int64_t hiddenCount(double ratio, std::int64_t tokens);

/// A grid as mask strategies see it: `frames` copies of one plane of cells, and a mask that is the same in every frame
/// (tube masking: Tong et al., VideoMAE, NeurIPS 2022, Sec. 3.3).
struct MaskPlane {
    std::int64_t frames = 1, rows = 1, columns = 1;

    std::int64_t cells() const { return rows * columns; }
    std::size_t cell(std::int64_t row, std::int64_t column) const { return static_cast<std::size_t>(row * columns + column); }

    /// Grids of 2 sides have one frame, of 3 sides (frames, rows, columns); one side, and sequences, are a single row.
    /// @param strategy  name for the message
    /// @throws ShapeError if the geometry is a set or a graph
    static MaskPlane of(const Geometry& geometry, const char* strategy);
};

/// The masks of a batch while they are drawn: `hidden` [rows, N] float, 1 = hidden, all visible at first. Padding, and what
/// the geometry says is not maskable, stays 0; below, "real" means neither.
class MaskRows {
public:
    /// @param rows  B * copies, copies of one sample next to each other
    /// @throws ShapeError if rows is no multiple of the geometry's batch
    MaskRows(const Geometry& geometry, std::size_t rows);

    std::size_t rows() const { return rows_; }
    std::int64_t tokens() const { return tokens_; }

    /// Whether a token may be hidden.
    bool isReal(std::size_t row, std::int64_t token) const;
    /// Tokens of a row that may be hidden, ascending.
    std::vector<std::int64_t> realTokens(std::size_t row) const;
    /// The same by words, in order: neighbours of one group (Geometry::groups). Without groups, every token is a word.
    std::vector<std::vector<std::int64_t>> words(std::size_t row) const;
    /// Whether a cell of the plane has a real token in some frame, cell by cell.
    std::vector<bool> realCells(std::size_t row, const MaskPlane& plane) const;

    /// Hides a token, if it may be hidden.
    void hide(std::size_t row, std::int64_t token);
    /// Hides a cell in every frame.
    void hideCell(std::size_t row, const MaskPlane& plane, std::int64_t cell);

    /// [rows, N] float on the CPU.
    const at::Tensor& hidden() const { return hidden_; }

private:
    std::size_t rows_;
    std::size_t copies_ = 1;
    std::int64_t tokens_;
    at::Tensor hidden_;
    at::Tensor hideable_;  // [B, N] bool on the CPU or undefined
    at::Tensor groups_;    // [B, N] int64 on the CPU or undefined
};

}  // namespace maskscope
