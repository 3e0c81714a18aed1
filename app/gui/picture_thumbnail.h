#pragma once

#include <QImage>

#include "snapshot/picture.h"

namespace maskscope {

/// A sample of any domain as a small image, with what is hidden; in the theme's colours. GUI thread.
/// @param size  of texts and graphs, in px; images keep their own proportions, and their longer side is the height of it
QImage thumbnailOf(const Picture& picture, const QSize& size);

/// The same without a mask, where the domain has such a form; null elsewhere.
QImage wholeThumbnailOf(const Picture& picture);

}  // namespace maskscope
