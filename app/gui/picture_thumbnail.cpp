#include "app/gui/picture_thumbnail.h"

#include <QPainter>

#include "widgets/pictures/graph_view.h"
#include "widgets/pictures/image_conversion.h"
#include "widgets/pictures/token_view.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

template <typename Paint>
QImage painted(int sidePx, Paint paint) {
    QImage image(sidePx, sidePx, QImage::Format_ARGB32_Premultiplied);
    image.fill(theme().well);
    QPainter painter(&image);
    painter.setRenderHint(QPainter::Antialiasing);
    paint(painter, QRectF(image.rect()).adjusted(4, 4, -4, -4));
    return image;
}

}  // namespace

QImage thumbnailOf(const Picture& picture, int sidePx) {
    if (const auto* image = std::get_if<ImagePicture>(&picture)) return toQImage(image->masked);
    if (const auto* graph = std::get_if<GraphPicture>(&picture))
        return painted(sidePx, [&](QPainter& painter, const QRectF& area) { GraphView::paintThumbnail(painter, area, *graph); });
    return painted(sidePx,
                   [&](QPainter& painter, const QRectF& area) { TokenView::paintThumbnail(painter, area, std::get<TokensPicture>(picture)); });
}

QImage wholeThumbnailOf(const Picture& picture) {
    const auto* image = std::get_if<ImagePicture>(&picture);
    return image == nullptr ? QImage() : toQImage(image->original);
}

}  // namespace maskscope
