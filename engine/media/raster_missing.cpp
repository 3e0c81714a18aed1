// For machines without OpenCV, such as compute nodes.

#include <fmt/format.h>

#include "core/error.h"
#include "media/raster.h"

namespace maskscope {

DecodedImage decodeRaster(std::string_view, const std::string& name, const RasterForm&) {
    throw DataError(
        fmt::format("{}: this program was built without OpenCV and reads JPEG and .npy pictures, CIFAR and IDX files, but no PNG, WebP, BMP or "
                    "TIFF; convert the data, or build with OpenCV",
                    name));
}

}  // namespace maskscope
