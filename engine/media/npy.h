#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "media/decoded_image.h"

namespace maskscope {

inline constexpr std::string_view kNpySignature{"\x93NUMPY", 6};

/// A NumPy array inside the bytes of its file (kept by reference).
struct NpyArray {
    std::string type;  // "|u1", "<u2", "<f4", ...
    std::vector<std::int64_t> shape;
    std::string_view data;  // row-major values

    std::int64_t count() const;
    /// "[60000, 28, 28]"
    std::string shapeText() const;
};

/// Reads the header of a .npy file.
/// @throws DataError if it is cut off, big-endian, in Fortran order or of a type that is no number
NpyArray parseNpy(std::string_view bytes, const std::string& name);

/// Values as pixels: u1 as they are; u2 as they are (16 bits); f4 and f8 to 16 bits, by the first of these ranges that holds
/// them all: [0, 1], [-1, 1], [0, 255], their own.
struct NpyPixels {
    std::vector<std::uint8_t> values8;  // one of the two is filled
    std::vector<std::uint16_t> values16;
    std::string scaling;  // how floats were scaled, in words; empty for integers
};

/// @throws DataError for other types and for values that are not finite
NpyPixels npyPixels(const NpyArray& array, const std::string& name);

/// Whole numbers of any integer type. @throws DataError for other types
std::vector<std::int64_t> npyIntegers(const NpyArray& array, const std::string& name);

/// One picture: [H, W], [H, W, C] or [C, H, W] (the channels are the smaller of the outer sides).
/// @throws DataError for other shapes
DecodedImage decodeNpyImage(std::string_view bytes, const std::string& name);

/// Moves channels last. @param values [N, C, P] @return [N, P, C]
template <typename T>
std::vector<T> channelsLast(const std::vector<T>& values, std::size_t images, std::size_t channels, std::size_t pixels) {
    std::vector<T> result(values.size());
    for (std::size_t n = 0; n < images; ++n)
        for (std::size_t c = 0; c < channels; ++c)
            for (std::size_t p = 0; p < pixels; ++p) result[(n * pixels + p) * channels + c] = values[(n * channels + c) * pixels + p];
    return result;
}

}  // namespace maskscope
