#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace maskscope {

/// Brings a table of positions of a grid to another grid, bicubically (a = -0.75, corners not aligned), as the models' authors do for
/// images of other sizes (Dosovitskiy et al., ViT, ICLR 2021, Sec. 3.2, 'Fine-tuning and higher resolution').
/// @param table      [rows * columns, D]
/// @param antialias  whether it is smoothed when it shrinks (timm does, Hugging Face transformers does not)
/// @return           [newRows * newColumns, D]; the table itself where the grids are equal
/// @throws ShapeError if the table does not belong to the grid
at::Tensor resizePositions(const at::Tensor& table, std::int64_t rows, std::int64_t columns, std::int64_t newRows, std::int64_t newColumns,
                           bool antialias = false);

}  // namespace maskscope
