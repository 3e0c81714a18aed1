#pragma once

#include <cstdint>

#include "layers/attention.h"

namespace maskscope {

/// Angles of a sequence: token i turns channel pair j of P = headWidth / 2 by i * base^(-j / P); pairs are j and j + P (Su et al.,
/// RoFormer, 2021, Sec. 3.2.2; in halves as ESM-2 and fairseq have them).
/// @throws ShapeError if `headWidth` is odd
Rotary sequenceRotary(std::int64_t tokens, std::int64_t headWidth, double base);

/// A grid of tokens, and the one whose steps are the unit of angles.
struct RotaryGrid {
    std::int64_t rows = 0, columns = 0;
    std::int64_t referenceRows = 0, referenceColumns = 0;  // 0: the grid's own
};

/// Angles of a grid: the first half of the channel pairs turns with the row, the second with the column, each half at the frequencies
/// base^(-j / (headWidth / 4)); pairs are neighbours. Rows and columns count in steps of the reference grid, so that angles keep
/// their range at other sizes (Fang et al., EVA-02, 2023, Sec. 2.1 and its code).
/// @throws ShapeError if 4 does not divide `headWidth`
Rotary gridRotary(const RotaryGrid& grid, std::int64_t headWidth, double base);

/// The angles of some tokens alone. @param indices [B, K] int64, of tokens after the prefix @return for tokens [B, prefix + K]
Rotary rotaryAt(const Rotary& all, const at::Tensor& indices);

}  // namespace maskscope
