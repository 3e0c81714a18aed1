#include <QPainter>
#include <algorithm>
#include <cmath>

#include "widgets/pictures/picture_paint.h"
#include "widgets/pictures/picture_tile.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kLargestScaled = 512;  // px: larger pictures are scaled while painting

}  // namespace

void PictureTile::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const QRectF area = pictureRect();
    if (area.isEmpty()) return;
    if (state_.coversContent() || image_.isNull()) {
        paintCover(painter, area);
    } else {
        paintPicture(painter, area);
        paintMask(painter, area);
        paintFrames(painter, area);
        if (isWiping()) paintWipe(painter, area);
        if (leaks_) paintLeaks(painter, area);
        if (state_.kind == ViewState::Kind::Stale) paintCornerLabel(painter, area, Qt::BottomLeftCorner, state_.label(), theme().paused);
        if (state_.kind == ViewState::Kind::Waiting) paintCornerLabel(painter, area, Qt::BottomLeftCorner, state_.label(), theme().text);
    }
    if (chosen_) paintChosenFrame(painter, area);
    if (hasFocus() && !chosen_) paintFocusRing(painter, area.adjusted(-kTileMargin, -kTileMargin, kTileMargin, kTileMargin));
}

void PictureTile::paintPicture(QPainter& painter, const QRectF& area) const {
    const QSize pixels = (area.size() * devicePixelRatioF()).toSize();
    const bool prepared = scaling_ == Scaling::Smooth && pixels != image_.size() && std::max(pixels.width(), pixels.height()) <= kLargestScaled;
    if (prepared) {
        if (shown_.size() != pixels) shown_ = image_.scaled(pixels, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
        paintImage(painter, area, shown_, false);
    } else {
        paintImage(painter, area, image_, scaling_ == Scaling::Smooth);
    }
    if (noValue_.size() != static_cast<std::size_t>(grid_.count())) return;
    for (int patch = 0; patch < grid_.count(); ++patch)
        if (noValue_[static_cast<std::size_t>(patch)] != 0) paintNoValue(painter, grid_.rectOf(patch, area));
}

void PictureTile::paintMask(QPainter& painter, const QRectF& area) const {
    if (hatched_) paintHatch(painter, area, grid_, hiddenPath_);
    if (gridLines_) paintGrid(painter, area, grid_);
    if (outline_ != Outline::None)
        paintOutline(painter, area, grid_, outlinePath_, outline_ == Outline::Strong ? OutlineWeight::Strong : OutlineWeight::Light);
}

void PictureTile::paintFrames(QPainter& painter, const QRectF& area) const {
    if (!previewPath_.isEmpty()) {
        QTransform place;
        place.translate(area.left(), area.top());
        place.scale(area.width() / grid_.columns, area.height() / grid_.rows);
        const QPainterPath path = place.map(previewPath_).translated(0.5 / devicePixelRatioF(), 0.5 / devicePixelRatioF());
        painter.strokePath(path, QPen(Qt::black, 1.0));
        painter.strokePath(path, QPen(Qt::white, 1.0, Qt::DashLine));
        if (subtract_ && grid_.contains(hovered_)) {
            const QPointF centre = grid_.rectOf(hovered_, area).center();
            painter.setPen(QPen(Qt::black, 4.0));
            painter.drawLine(centre - QPointF(5, 0), centre + QPointF(5, 0));
            painter.setPen(QPen(Qt::white, 2.0));
            painter.drawLine(centre - QPointF(4, 0), centre + QPointF(4, 0));
        }
    }
    if (grid_.contains(selected_) && selected_ != query_) paintSelectedPatch(painter, grid_.rectOf(selected_, area));
    if (grid_.contains(query_)) paintQueryPatch(painter, grid_.rectOf(query_, area));
    if (grid_.contains(hovered_) && previewPath_.isEmpty()) paintHoveredPatch(painter, grid_.rectOf(hovered_, area));
}

void PictureTile::paintWipe(QPainter& painter, const QRectF& area) const {
    const qreal line = std::round((area.left() + wipePosition_ * area.width()) * devicePixelRatioF()) / devicePixelRatioF();
    painter.save();
    const QRectF right(QPointF(line, area.top()), area.bottomRight());
    painter.setClipRect(right);
    paintImage(painter, area, wipe_, true);
    paintFrames(painter, area);
    if (!rightLabel_.isEmpty() && right.width() > scaled(48)) paintCornerLabel(painter, right, Qt::BottomLeftCorner, rightLabel_, theme().text);
    painter.restore();
    const QRectF left(area.topLeft(), QPointF(line, area.bottom()));
    if (!leftLabel_.isEmpty() && left.width() > scaled(48)) paintCornerLabel(painter, left, Qt::BottomRightCorner, leftLabel_, theme().text);
    painter.fillRect(QRectF(line - 2, area.top(), 4, area.height()), Qt::black);
    painter.fillRect(QRectF(line - 1, area.top(), 2, area.height()), Qt::white);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(Qt::black, 2.0));
    painter.setBrush(Qt::white);
    painter.drawRoundedRect(QRectF(line - 9, area.center().y() - 9, 18, 18), 5, 5);
}

void PictureTile::paintCover(QPainter& painter, const QRectF& area) const {
    painter.fillRect(area, theme().well);
    painter.setPen(QPen(theme().border, 1.0));
    painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5));
    const bool failed = state_.kind == ViewState::Kind::Failed;
    QRectF text = area.adjusted(scaled(6), scaled(6), -scaled(6), -scaled(6));
    if (failed) {
        const int side = scaled(16);
        icon(QStringLiteral("error"), theme().error)
            .paint(&painter, QRect(QPoint(qRound(text.center().x()) - side / 2, qRound(text.top())), QSize(side, side)));
        text.setTop(text.top() + side + scaled(4));
    }
    painter.setFont(maskscope::font(TextStyle::Label));
    painter.setPen(failed ? theme().text : theme().text2);
    const QString words = state_.coversContent() ? state_.title + (state_.hint.isEmpty() ? QString() : QChar(u'\n') + state_.hint) : tr("No picture");
    painter.drawText(text, Qt::AlignHCenter | (failed ? Qt::AlignTop : Qt::AlignVCenter) | Qt::TextWordWrap, words);
}

}  // namespace maskscope
