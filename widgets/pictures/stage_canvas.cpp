#include "widgets/pictures/stage_canvas.h"

#include <QFontMetrics>
#include <QPainter>
#include <QResizeEvent>
#include <algorithm>
#include <cmath>

#include "widgets/pictures/picture_paint.h"
#include "widgets/pictures/picture_tile.h"
#include "widgets/plots/numbers.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr qreal kCaption = 18.0, kGap = 8.0, kPadding = 6.0;  // px

bool isRebuilt(PictureView view) { return view == PictureView::Composite || view == PictureView::Residual; }

}  // namespace

StageCanvas::StageCanvas(MaskBrush& brush, QWidget* parent) : QWidget(parent), brush_(brush) {
    for (std::size_t i = 0; i < kMostPictureViews; ++i) {
        const auto view = static_cast<PictureView>(i);
        auto* tile = new PictureTile(this);
        tile->setAccessibleName(pictureViewName(view));
        tile->setDescription(pictureViewHelp(view));
        tile->setToolTip(tr("%1 (key %2)").arg(pictureViewHelp(view)).arg(static_cast<int>(view) + 1));
        tiles_[i] = tile;
        tile->setVisible(i < views_.size());
        connectTile(view);
    }
    connect(&brush_, &MaskBrush::changed, this, &StageCanvas::refreshMask);
}

void StageCanvas::connectTile(PictureView view) {
    PictureTile* tile = this->tile(view);
    connect(tile, &PictureTile::patchHovered, this, [this, tile](int patch) {
        for (PictureTile* other : tiles_)
            if (other != tile) other->setHoveredPatch(patch);
        if (brushEnabled_) tile->setBrushPreview(brush_.footprint(patch), brush_.makesVisible(false));
        Q_EMIT patchHovered(patch);
    });
    const auto select = [this](int patch) {
        setSelectedPatch(patch);
        Q_EMIT patchClicked(patch);
    };
    connect(tile, &PictureTile::patchSelected, this, select);
    connect(tile, &PictureTile::patchClicked, this, [this, view, select](int patch) {
        if (mode_ == PictureStage::Mode::SideBySide || view == focusedView()) select(patch);
    });
    connect(tile, &PictureTile::activated, this, [this, view] {
        if (mode_ != PictureStage::Mode::SideBySide && view != focusedView()) Q_EMIT focusRequested(view);
    });
    connectBrush(tile);
}

void StageCanvas::connectBrush(PictureTile* tile) {
    connect(tile, &PictureTile::strokeStarted, this, [this, tile](int patch, bool subtract) {
        brush_.press(patch, subtract);
        tile->setBrushPreview(brush_.footprint(patch), brush_.makesVisible(subtract));
    });
    connect(tile, &PictureTile::strokeMoved, this, [this, tile](int patch) {
        brush_.drag(patch);
        tile->setBrushPreview(brush_.footprint(patch), brush_.isErasing());
    });
    connect(tile, &PictureTile::strokeEnded, this, [this, tile] {
        brush_.release();
        tile->setBrushPreview(brush_.footprint(tile->hoveredPatch()), brush_.makesVisible(false));
    });
    connect(tile, &PictureTile::strokeCancelled, &brush_, &MaskBrush::cancel);
}

void StageCanvas::setLayers(const PictureLayers* layers) {
    std::vector<PictureView> views = layers ? layers->views() : std::vector<PictureView>(kPictureViews.begin(), kPictureViews.end());
    const bool otherShape = !layers || !layers_ || shape_ != layers->original.size() || grid_ != layers->grid || views != views_;
    layers_ = layers;
    views_ = std::move(views);
    for (std::size_t i = 0; i < kMostPictureViews; ++i)
        tiles_[i]->setVisible(std::find(views_.begin(), views_.end(), static_cast<PictureView>(i)) != views_.end());
    shape_ = layers ? layers->original.size() : QSize();
    grid_ = layers ? layers->grid : PatchGrid();
    refreshMask();
    if (otherShape) place();
}

void StageCanvas::setMode(PictureStage::Mode mode) {
    mode_ = mode;
    refreshMask();
    place();
}

PictureView StageCanvas::focusedView() const {
    return std::find(views_.begin(), views_.end(), focused_) != views_.end() ? focused_ : PictureView::Prediction;
}

QString StageCanvas::nameOf(PictureView view) const { return layers_ ? layers_->name(view) : pictureViewName(view); }

void StageCanvas::setFocusedView(PictureView view) {
    focused_ = view;
    refreshMask();
    place();
}

void StageCanvas::setLeaking(bool leaking) {
    leaking_ = leaking;
    refreshMask();
}

void StageCanvas::setGridShown(bool shown) {
    gridShown_ = shown;
    refreshMask();
}

void StageCanvas::setOutlineShown(bool shown) {
    outlineShown_ = shown;
    refreshMask();
}

void StageCanvas::setBrushEnabled(bool enabled) {
    brushEnabled_ = enabled;
    refreshMask();
}

void StageCanvas::setHeading(const QString& heading) {
    heading_ = heading;
    update();
}

void StageCanvas::setNoAnswer(const ViewState& reason) {
    noAnswer_ = reason;
    refreshMask();
}

void StageCanvas::setResidualScale(ColorMap map, double high) {
    map_ = map;
    residualHigh_ = high;
    update();
}

void StageCanvas::setHoveredPatch(int patch) {
    for (PictureTile* tile : tiles_) tile->setHoveredPatch(patch);
}

void StageCanvas::setSelectedPatch(int patch) {
    for (PictureTile* tile : tiles_) tile->setSelectedPatch(patch);
}

void StageCanvas::setQueryPatch(int patch) {
    for (PictureTile* tile : tiles_) tile->setQueryPatch(patch);
}

int StageCanvas::selectedPatch() const { return tiles_[0]->selectedPatch(); }

void StageCanvas::refreshMask() {
    for (const PictureView view : views_) refreshTile(view);
    update();
}

void StageCanvas::refreshTile(PictureView view) {
    PictureTile* tile = this->tile(view);
    const bool isAnswer = isRebuilt(view) || view == PictureView::Prediction;
    // A small tile has no room for more than the title
    tile->setState(!isAnswer                   ? ViewState::ready()
                   : noAnswer_.coversContent() ? ViewState::empty(noAnswer_.title, isLarge(view) ? noAnswer_.hint : QString())
                                               : ViewState::ready());
    if (!layers_) {
        tile->setImage({});
        return;
    }
    // A mask that is being painted hides patches of the original; the model's own view is of its answer.
    const bool painted = brush_.hidden() != layers_->hidden;
    const bool leaks = leaking_ && !layers_->leaking.isNull() && isRebuilt(view);
    const QImage& image = view == PictureView::Masked && painted ? layers_->original : layers_->image(view, leaks);
    if (image.cacheKey() != tile->image().cacheKey()) tile->setImage(image);
    if (view >= PictureView::FirstExtra) tile->setAccessibleName(nameOf(view));
    tile->setGrid(layers_->grid);
    tile->setHidden(brush_.hidden());
    tile->setHatched(view == PictureView::Masked && !layers_->seenWhole);
    if (view == PictureView::Residual) tile->setNoValue(visiblePatches());
    tile->setOutline(outlineOf(view));
    tile->setGridLines(gridShown_);
    tile->setLeaks(leaks);
    tile->setEditing(brushEnabled_ && (isLarge(view) || mode_ == PictureStage::Mode::SideBySide));
    const bool wiped = mode_ == PictureStage::Mode::Wipe && view == focusedView();
    const PictureView filled = layers_->composite.isNull() ? PictureView::Prediction : PictureView::Composite;
    const PictureView other = view == PictureView::Original ? filled : PictureView::Original;
    tile->setWipe(wiped ? layers_->image(other) : QImage(), nameOf(view).toLower(), nameOf(other).toLower());
}

/// Small originals stay clean, predictions always: there the outline would only be in the way.
PictureTile::Outline StageCanvas::outlineOf(PictureView view) const {
    const bool editable = isLarge(view) || mode_ == PictureStage::Mode::SideBySide;
    if (layers_ && layers_->seenWhole) return PictureTile::Outline::None;  // there are no holes to go around
    if (!outlineShown_ && !(brushEnabled_ && editable)) return PictureTile::Outline::None;
    if (view == PictureView::Masked) return PictureTile::Outline::Strong;
    if (view == PictureView::Composite || (brushEnabled_ && editable)) return PictureTile::Outline::Light;
    return view == PictureView::Original && editable ? PictureTile::Outline::Light : PictureTile::Outline::None;
}

std::vector<std::uint8_t> StageCanvas::visiblePatches() const {
    std::vector<std::uint8_t> visible(layers_->hidden.size());
    std::transform(layers_->hidden.begin(), layers_->hidden.end(), visible.begin(), [](std::uint8_t v) { return static_cast<std::uint8_t>(v == 0); });
    return visible;
}

void StageCanvas::place() {
    mode_ == PictureStage::Mode::SideBySide ? placeSideBySide() : placeFocus();
    update();
}

/// The largest picture within a size, whole device pixels a patch where there is room for that.
QSize StageCanvas::pictureSize(int width, int height) const {
    const QRectF fitted =
        alignedPictureRect(QRectF(0, 0, width, height), shape_.isEmpty() ? QSizeF(1, 1) : QSizeF(shape_), grid_, devicePixelRatioF());
    return {static_cast<int>(std::ceil(fitted.width())), static_cast<int>(std::ceil(fitted.height()))};
}

/// One large picture and small ones, two a row beside it or in one row below it, whichever makes the large one larger.
void StageCanvas::placeFocus() {
    const int gap = scaled(kGap), caption = scaled(kCaption), count = static_cast<int>(views_.size()) - 1, rows = (count + 1) / 2;
    const QRect area = rect().adjusted(scaled(kPadding), 0, -scaled(kPadding), -scaled(kPadding));
    const QSize strip = pictureSize((area.width() - (count - 1) * gap) / count, area.height() / 3);
    const QSize above = pictureSize(area.width(), area.height() - 2 * caption - gap - strip.height());
    int height = area.height() - caption;
    const auto smallOf = [&](int large) { return pictureSize(area.width(), (large - (rows - 1) * (caption + gap)) / rows); };
    const auto total = [&](int large) { return pictureSize(area.width(), large).width() + 2 * (gap + smallOf(large).width()); };
    while (height > 2 * caption && total(height) > area.width()) --height;
    const QSize large = pictureSize(area.width(), height);
    if (above.height() > large.height())
        placeBelow(area, above, strip);
    else
        placeBeside(area, large, smallOf(height));
}

void StageCanvas::placeBeside(const QRect& area, const QSize& large, const QSize& small) {
    const int gap = scaled(kGap), caption = scaled(kCaption), rows = static_cast<int>(views_.size()) / 2;
    const int left = area.left() + std::max(0, (area.width() - large.width() - 2 * (gap + small.width())) / 2);
    const int top = area.top() + std::max(0, (area.height() - caption - large.height()) / 2);
    setTile(focusedView(), QPoint(left, top), large);
    const int spread = large.height() - small.height();  // the columns end on one line with the large picture
    int cell = 0;
    for (const PictureView view : views_) {
        if (view == focusedView()) continue;
        const int y = rows > 1 ? top + cell / 2 * spread / (rows - 1) : top;
        setTile(view, QPoint(left + large.width() + gap + (cell % 2) * (small.width() + gap), y), small);
        ++cell;
    }
}

void StageCanvas::placeBelow(const QRect& area, const QSize& large, const QSize& small) {
    const int gap = scaled(kGap), caption = scaled(kCaption), count = static_cast<int>(views_.size()) - 1;
    const int top = area.top() + std::max(0, (area.height() - 2 * caption - gap - large.height() - small.height()) / 2);
    setTile(focusedView(), QPoint(area.left() + (area.width() - large.width()) / 2, top), large);
    int x = area.left() + (area.width() - count * small.width() - (count - 1) * gap) / 2;
    for (const PictureView view : views_) {
        if (view == focusedView()) continue;
        setTile(view, QPoint(x, top + caption + large.height() + gap), small);
        x += small.width() + gap;
    }
}

/// All alike, in the number of columns that makes them largest.
void StageCanvas::placeSideBySide() {
    const int gap = scaled(kGap), caption = scaled(kCaption), count = static_cast<int>(views_.size());
    const QRect area = rect().adjusted(scaled(kPadding), 0, -scaled(kPadding), -scaled(kPadding));
    int columns = 1;
    QSize best(0, 0);
    for (int across = 1; across <= count; ++across) {
        const int down = (count + across - 1) / across;
        const QSize size = pictureSize((area.width() - (across - 1) * gap) / across, (area.height() - (down - 1) * gap) / down - caption);
        if (size.width() <= best.width()) continue;
        best = size;
        columns = across;
    }
    const int rows = (count + columns - 1) / columns;
    const int left = area.left() + (area.width() - columns * best.width() - (columns - 1) * gap) / 2;
    const int top = area.top() + std::max(0, (area.height() - rows * (best.height() + caption) - (rows - 1) * gap) / 2);
    for (int i = 0; i < count; ++i)
        setTile(views_[static_cast<std::size_t>(i)],
                QPoint(left + (i % columns) * (best.width() + gap), top + (i / columns) * (best.height() + caption + gap)), best);
}

/// @param corner  of the caption, with the picture below it
void StageCanvas::setTile(PictureView view, const QPoint& corner, const QSize& size) {
    const int caption = scaled(kCaption);
    captions_[static_cast<std::size_t>(view)] = QRect(corner, QSize(size.width(), caption));
    tile(view)->setGeometry(QRect(corner + QPoint(0, caption), size).adjusted(-kTileMargin, -kTileMargin, kTileMargin, kTileMargin));
}

void StageCanvas::paintEvent(QPaintEvent*) {
    if (!layers_) return;
    QPainter painter(this);
    for (const PictureView view : views_) paintCaption(painter, view);
}

void StageCanvas::paintCaption(QPainter& painter, PictureView view) const {
    const QRect row = captions_[static_cast<std::size_t>(view)].adjusted(0, 0, 0, -scaled(2));
    const QString name = nameOf(view), key = QString::number(static_cast<int>(view) + 1);
    painter.setFont(maskscope::font(TextStyle::AreaTitle));
    if (painter.fontMetrics().horizontalAdvance(name) > row.width()) painter.setFont(maskscope::font(TextStyle::Label));
    const QFontMetrics metrics(painter.font());
    const bool hasCap = metrics.horizontalAdvance(name) + scaled(20) <= row.width();
    const QString shown = metrics.elidedText(name, Qt::ElideRight, row.width());
    painter.setPen(theme().text);
    painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter, shown);
    const int end = row.left() + metrics.horizontalAdvance(shown);
    const QRectF cap = hasCap ? paintKeyCap(painter, end + scaled(5), row, key) : QRectF(end, row.top(), 0, row.height());
    const QRectF rest(cap.right() + scaled(4), row.top(), row.right() + 1 - cap.right() - scaled(4), row.height());
    if (view == PictureView::Residual) {
        paintScaleBar(painter, rest, colorBar(map_, scaled(20)), QStringLiteral("0"), scaleEnd(residualHigh_));
        return;
    }
    const QString note = view == PictureView::Masked ? percent(hiddenShare(brush_.hidden())) : isLarge(view) ? heading_ : QString();
    painter.setFont(maskscope::font(TextStyle::Label));
    const QFontMetrics small(painter.font());
    if (small.horizontalAdvance(note) > rest.width() && view == PictureView::Masked) return;
    painter.setPen(theme().text2);
    painter.drawText(rest, Qt::AlignRight | Qt::AlignVCenter, small.elidedText(note, Qt::ElideRight, static_cast<int>(rest.width())));
}

void StageCanvas::resizeEvent(QResizeEvent*) { place(); }

void StageCanvas::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) place();
    QWidget::changeEvent(event);
}

QSize StageCanvas::minimumSizeHint() const { return {scaled(280), scaled(180)}; }

}  // namespace maskscope
