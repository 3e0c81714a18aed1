#pragma once

#include <algorithm>
#include <functional>
#include <utility>

#include "media/decoded_image.h"

namespace maskscope {

/// A part of a picture that is needed, in pixels of that picture.
struct PictureRegion {
    int left = 0, top = 0, right = 0, bottom = 0;  // [left, right) x [top, bottom), not empty, inside the picture
    double shrink = 1;                             // so many pixels along a side may become one already when they are decoded

    static PictureRegion whole(int width, int height) { return {0, 0, width, height, 1}; }
};

/// The smallest region with both in it, shrunk by no more than either.
inline PictureRegion united(const PictureRegion& a, const PictureRegion& b) {
    return {std::min(a.left, b.left), std::min(a.top, b.top), std::max(a.right, b.right), std::max(a.bottom, b.bottom), std::min(a.shrink, b.shrink)};
}

/// A part of a picture's pixels, and where in the picture it lies. Where the picture was decoded smaller than it is stored
/// (PictureRegion::shrink), all numbers are those of the smaller one.
struct PictureWindow {
    DecodedImage image;                 // the part
    int left = 0, top = 0;              // its first pixel, in pixels of the picture
    int fullWidth = 0, fullHeight = 0;  // of the picture
};

inline PictureWindow wholeWindow(DecodedImage image) {
    const int width = image.width(), height = image.height();
    return {std::move(image), 0, 0, width, height};
}

/// Says which part is needed of a picture of this size.
using RegionChooser = std::function<PictureRegion(int width, int height)>;

}  // namespace maskscope
