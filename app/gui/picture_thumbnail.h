#pragma once

#include <QImage>

#include "snapshot/picture.h"

namespace maskscope {

/// A sample of any domain as a small square image, with what is hidden; in the theme's colours. GUI thread.
/// @param sidePx  of texts and graphs; images keep their own size
QImage thumbnailOf(const Picture& picture, int sidePx);

/// The same without a mask, where the domain has such a form; null elsewhere.
QImage wholeThumbnailOf(const Picture& picture);

}  // namespace maskscope
