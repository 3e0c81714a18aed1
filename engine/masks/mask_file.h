#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace maskscope {

/// A mask somebody drew or computed: rows x columns values in 0..1, row by row, 1 = hidden.
struct MaskPicture {
    std::int64_t rows = 0, columns = 0;
    std::vector<float> hidden;

    /// Averages the picture over the cells of another grid (area weighted; a finer grid repeats values).
    MaskPicture resized(std::int64_t newRows, std::int64_t newColumns) const;
};

/// Reads a mask: .txt (rows of 0 and 1), .csv (numbers), .npy (two dimensions, number or bool), or else an image, whose grey
/// value counts: white = hidden, black = visible. Numbers of text and .npy files lie in 0..1.
/// @throws FileError if it cannot be read, DataError naming file and place if its content is no mask
MaskPicture readMaskPicture(const std::filesystem::path& file);

}  // namespace maskscope
