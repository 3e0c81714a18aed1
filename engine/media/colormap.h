#pragma once

namespace at {
class Tensor;
}

namespace maskscope {

struct Image;

/// Shows a map of numbers in viridis, dark for low. @param values [H, W] float @param low, high  the ends of the scale
Image viridisPicture(const at::Tensor& values, double low, double high);

/// The same, blended over a picture of the same size. @param opacity  0 shows the picture alone, 1 the map alone
Image overlayPicture(const Image& picture, const Image& map, double opacity);

}  // namespace maskscope
