#pragma once

#include <QImage>

#include "core/image.h"

namespace maskscope {

/// A copy for painting. One channel is grey, two are grey and opacity, three RGB, four RGBA; of more channels the first three are shown.
/// @return  a null image if the image is empty or its pixels do not fit its size
QImage toQImage(const Image& image);

}  // namespace maskscope
