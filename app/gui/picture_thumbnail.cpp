#include "app/gui/picture_thumbnail.h"

#include <QPainter>

#include "widgets/pictures/graph_view.h"
#include "widgets/pictures/image_conversion.h"
#include "widgets/pictures/patch_grid.h"
#include "widgets/pictures/picture_paint.h"
#include "widgets/pictures/token_view.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

template <typename Paint>
QImage painted(const QSize& size, Paint paint) {
    QImage image(size, QImage::Format_ARGB32_Premultiplied);
    image.fill(theme().well);
    QPainter painter(&image);
    painter.setRenderHint(QPainter::Antialiasing);
    paint(painter, QRectF(image.rect()).adjusted(4, 4, -4, -4));
    return image;
}

/// Hatched as in every other view, whatever size it is shown in.
QImage maskedThumbnail(const ImagePicture& picture, int sidePx) {
    const QImage original = toQImage(picture.original);
    const PatchGrid grid{static_cast<int>(picture.rows), static_cast<int>(picture.columns)};
    const QRectF area = alignedPictureRect(QRectF(0, 0, sidePx, sidePx), original.size(), grid, 1.0);
    QImage image(area.size().toSize(), QImage::Format_ARGB32_Premultiplied);
    QPainter painter(&image);
    paintImage(painter, image.rect(), original, true);
    if (picture.hidden.size() != static_cast<std::size_t>(grid.count())) return image;
    paintHatch(painter, image.rect(), grid, regionArea(grid, picture.hidden));
    paintOutline(painter, image.rect(), grid, regionOutline(grid, picture.hidden), OutlineWeight::Light);
    return image;
}

}  // namespace

QImage thumbnailOf(const Picture& picture, const QSize& size) {
    if (const auto* image = std::get_if<ImagePicture>(&picture)) return maskedThumbnail(*image, size.height());
    if (const auto* graph = std::get_if<GraphPicture>(&picture))
        return painted(size, [&](QPainter& painter, const QRectF& area) { GraphView::paintThumbnail(painter, area, *graph); });
    return painted(size, [&](QPainter& painter, const QRectF& area) { TokenView::paintThumbnail(painter, area, std::get<TokensPicture>(picture)); });
}

QImage wholeThumbnailOf(const Picture& picture) {
    const auto* image = std::get_if<ImagePicture>(&picture);
    return image == nullptr ? QImage() : toQImage(image->original);
}

}  // namespace maskscope
