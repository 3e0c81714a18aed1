#pragma once

#include <span>

#include "media/picture_region.h"
#include "media/resample_weights.h"

namespace maskscope {

/// A part of a picture in pixels of that picture; the pixel (0, 0) covers [0, 1) x [0, 1). May reach beyond the border,
/// where the border's pixels are repeated.
struct CropBox {
    double x = 0, y = 0;
    double width = 0, height = 0;

    bool operator==(const CropBox&) const = default;
};

CropBox wholeImage(const DecodedImage& image);

/// The largest box of an aspect in the middle of a picture: what remains after resizing the shorter side and cropping.
CropBox centreBox(int imageWidth, int imageHeight, double aspect);

/// Channel-first float pixels in somebody else's memory.
struct PlaneTarget {
    float* values = nullptr;  // [channels, height, width]
    int channels = 0, height = 0, width = 0;
    std::span<const float> scale;   // a channel; written is pixel * scale + offset, where pixel is in [0, 1]
    std::span<const float> offset;  // a channel
};

/// Crops and resizes into planes in one pass; exact copy where box and target agree; never looks outside the box (as cropping
/// first would do). Grey is repeated and colour becomes luma (0.299 R + 0.587 G + 0.114 B) where the target's channels ask for
/// it. What comes out depends on the pixels inside the box alone, not on how much more of the picture the window holds.
/// @param box   pixels of the whole picture
/// @param flip  mirror left and right
/// @throws DataError if the channels fit in neither way; ShapeError if the box or the target is empty, or the window lacks
///         pixels of the box
void resampleInto(const PictureWindow& window, const CropBox& box, bool flip, Interpolation interpolation, const PlaneTarget& target);

/// The same, 8 bits to 8 bits, by areas or cubic interpolation.
Image resized(const Image& image, const CropBox& box, int width, int height);
Image resized(const Image& image, int width, int height);
Image flipped(const Image& image);

}  // namespace maskscope
