#pragma once

#include <string>

#include "families/opened_vit.h"

namespace maskscope {

/// A bias table of BEiT [(2 rows - 1)(2 columns - 1) + 3, heads], whose last three rows concern the class token, under the names of
/// RelativeBias. @param ours  "encoder.places.shared"
void mapRelativeBias(WeightMap& map, const std::string& ours, const std::string& theirs);

/// Brings the offsets of a bias table to another grid, bilinearly (corners not aligned). In `transposed` tables rows and columns of the
/// old grid are taken for each other first, as Hugging Face transformers does even where the grids are equal.
/// @param table  [(2 rows - 1)(2 columns - 1), heads]
/// @throws DataError if the table does not belong to the grid
at::Tensor resizeBias(const at::Tensor& table, const ImageInput& from, const ImageInput& to, bool transposed);

/// Whether a tensor below "encoder." is a table that resizeBias takes.
bool isBiasTable(const std::string& name);

}  // namespace maskscope
