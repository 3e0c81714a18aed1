#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "core/image.h"

namespace maskscope {

/// An animated GIF (GIF89a) that repeats for ever. Each frame has a palette of its own, at most 256 colours chosen by median cut
/// (Heckbert, Color Image Quantization for Frame Buffer Display, SIGGRAPH 1982); a frame with no more colours than that is exact.
/// @param frames        1 or 3 channels, all of one size, at least one
/// @param frameSeconds  how long a frame stands, in hundredths rounded, at least 0.02; the last one stands four times as long
/// @throws ShapeError for other pictures
std::string encodeGif(std::span<const Image> frames, double frameSeconds);

/// Whole or not at all. @throws FileError if it cannot be written, ShapeError as encodeGif
void writeGif(const std::filesystem::path& file, std::span<const Image> frames, double frameSeconds);

}  // namespace maskscope
