#include "widgets/pictures/mask_lab_sheet.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>

#include "widgets/pictures/color_map.h"
#include "widgets/pictures/picture_paint.h"
#include "widgets/plots/numbers.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr qreal kMostSide = 160.0, kLeastSide = 80.0, kGutter = 64.0, kGap = 12.0, kHeading = 34.0, kLabel = 16.0, kHistogram = 56.0;  // px

}  // namespace

MaskLabSheetView::MaskLabSheetView(QWidget* parent) : QWidget(parent) {
    enableCellAccessibility();
    setAccessibleName(tr("Masks by strategy"));
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
}

void MaskLabSheetView::setImage(const QImage& image) {
    image_ = image;
    update();
}

void MaskLabSheetView::setSheet(std::shared_ptr<const MaskLabSheet> sheet) {
    sheet_ = std::move(sheet);
    if (current_ >= cellCount()) current_ = -1;
    updateHeight();
    update();
}

int MaskLabSheetView::rows() const { return sheet_ ? static_cast<int>(sheet_->rowNames.size()) : 0; }

int MaskLabSheetView::columns() const { return sheet_ ? static_cast<int>(sheet_->strategies.size()) : 0; }

PatchGrid MaskLabSheetView::grid() const {
    return sheet_ ? PatchGrid{static_cast<int>(sheet_->gridRows), static_cast<int>(sheet_->gridColumns)} : PatchGrid{};
}

/// Columns get narrower until they fit; below the least side the sheet scrolls.
int MaskLabSheetView::side() const {
    const int room = columns() > 0 ? (width() - scaled(kGutter)) / columns() - scaled(kGap) : scaled(kMostSide);
    return std::clamp(room, scaled(kLeastSide), scaled(kMostSide));
}

int MaskLabSheetView::columnLeft(int column) const { return scaled(kGutter) + column * (side() + scaled(kGap)); }

/// Of the first statistics row; the masks are above it.
int MaskLabSheetView::statisticsTop() const { return scaled(kHeading) + rows() * (side() + scaled(kGap)); }

QRect MaskLabSheetView::probabilityRect(int column) const { return {columnLeft(column), statisticsTop() + scaled(kLabel), side(), side()}; }

QRect MaskLabSheetView::histogramRect(int column, int which) const {
    const int top =
        statisticsTop() + scaled(kLabel) + side() + scaled(kGap) + which * (scaled(kHistogram) + 2 * scaled(kLabel) + scaled(kGap)) + scaled(kLabel);
    return {columnLeft(column), top, side(), scaled(kHistogram)};
}

int MaskLabSheetView::cellCount() const { return rows() * columns(); }

QRect MaskLabSheetView::cellRect(int index) const {
    return {columnLeft(index % columns()), scaled(kHeading) + index / columns() * (side() + scaled(kGap)), side(), side()};
}

const std::vector<std::uint8_t>* MaskLabSheetView::maskOf(int index) const {
    if (index < 0 || index >= cellCount()) return nullptr;
    const auto& masks = sheet_->strategies[static_cast<std::size_t>(index % columns())].masks;
    const auto row = static_cast<std::size_t>(index / columns());
    return row < masks.size() && masks[row].size() == static_cast<std::size_t>(grid().count()) ? &masks[row] : nullptr;
}

QString MaskLabSheetView::cellName(int index) const {
    return tr("%1, %2").arg(QString::fromStdString(sheet_->strategies[static_cast<std::size_t>(index % columns())].name),
                            QString::fromStdString(sheet_->rowNames[static_cast<std::size_t>(index / columns())]));
}

QString MaskLabSheetView::cellDescription(int index) const {
    const auto* mask = maskOf(index);
    return mask ? tr("%1 of %2 patches hidden").arg(std::count_if(mask->begin(), mask->end(), [](auto v) { return v != 0; })).arg(mask->size())
                : QString::fromStdString(sheet_->strategies[static_cast<std::size_t>(index % columns())].problem);
}

void MaskLabSheetView::activateCell(int index) {
    if (index < 0 || index >= cellCount()) return;
    current_ = index;
    update();
    if (const auto* mask = maskOf(index)) Q_EMIT maskChosen(*mask);
}

int MaskLabSheetView::cellAt(const QPoint& point) const {
    for (int i = 0; i < cellCount(); ++i)
        if (cellRect(i).contains(point)) return i;
    return -1;
}

void MaskLabSheetView::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) activateCell(cellAt(event->position().toPoint()));
}

void MaskLabSheetView::keyPressEvent(QKeyEvent* event) {
    const int key = event->key();
    const int step = key == Qt::Key_Right ? 1 : key == Qt::Key_Left ? -1 : key == Qt::Key_Down ? columns() : key == Qt::Key_Up ? -columns() : 0;
    if (step != 0) {
        const int next = current_ < 0 ? 0 : current_ + step;
        if (next >= 0 && next < cellCount()) current_ = next;
        update();
    } else if (key == Qt::Key_Return || key == Qt::Key_Enter)
        activateCell(current_);
    else
        QWidget::keyPressEvent(event);
}

/// What is under the pointer, in words: a mask, a patch's probability, or a histogram.
QString MaskLabSheetView::textAt(const QPoint& point) const {
    const int cell = cellAt(point);
    if (cell >= 0) return tr("%1: %2. Click to use it on the stage.").arg(cellName(cell), cellDescription(cell));
    for (int column = 0; column < columns(); ++column) {
        const MaskLabSheet::Strategy& strategy = sheet_->strategies[static_cast<std::size_t>(column)];
        const QRectF map = alignedPictureRect(probabilityRect(column), image_.size(), grid(), devicePixelRatioF());
        const int patch = grid().patchAt(point, map);
        if (patch >= 0 && strategy.hiddenProbability.size() == static_cast<std::size_t>(grid().count()))
            return tr("%1: hidden in %2 of the draws")
                .arg(patchName(grid(), patch), percent(double{strategy.hiddenProbability[static_cast<std::size_t>(patch)]}, 1));
        if (histogramRect(column, 0).contains(point))
            return tr("How many hidden patches touch along a side, over all draws; mean %1.").arg(significant(strategy.clusterSize.mean));
        if (histogramRect(column, 1).contains(point))
            return tr("Distance from each hidden patch to the nearest visible one, in patches; mean %1. Far ones are hard to guess.")
                .arg(significant(strategy.visibleDistance.mean));
    }
    return {};
}

bool MaskLabSheetView::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip && sheet_) {
        auto* help = static_cast<QHelpEvent*>(event);
        QToolTip::showText(help->globalPos(), textAt(help->pos()), this);
        return true;
    }
    return QWidget::event(event);
}

void MaskLabSheetView::paintEvent(QPaintEvent* event) {
    QPainter painter(this);
    painter.fillRect(event->rect(), theme().panel);
    if (!sheet_) return;
    painter.setFont(maskscope::font(TextStyle::Label));
    painter.setPen(theme().text2);
    for (int row = 0; row < rows(); ++row)
        painter.drawText(QRect(0, scaled(kHeading) + row * (side() + scaled(kGap)), scaled(kGutter) - scaled(8), side()),
                         Qt::AlignRight | Qt::AlignVCenter, QString::fromStdString(sheet_->rowNames[static_cast<std::size_t>(row)]));
    const auto gutter = [&](const QRect& beside, const QString& words) {
        painter.drawText(QRect(0, beside.top(), scaled(kGutter) - scaled(8), beside.height()), Qt::AlignRight | Qt::AlignVCenter | Qt::TextWordWrap,
                         words);
    };
    if (columns() > 0) {
        gutter(probabilityRect(0), tr("hidden how often"));
        gutter(histogramRect(0, 0), tr("cluster size"));
        gutter(histogramRect(0, 1), tr("distance to visible"));
    }
    for (int column = 0; column < columns(); ++column) paintColumn(painter, column);
    if (hasFocus() && current_ < 0) paintFocusRing(painter, rect());
}

void MaskLabSheetView::paintColumn(QPainter& painter, int column) const {
    const MaskLabSheet::Strategy& strategy = sheet_->strategies[static_cast<std::size_t>(column)];
    const int left = columnLeft(column);
    painter.setFont(maskscope::font(TextStyle::AreaTitle));
    painter.setPen(theme().text);
    painter.drawText(QRect(left, 0, side(), scaled(16)), Qt::AlignLeft | Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(QString::fromStdString(strategy.name), Qt::ElideRight, side()));
    painter.setFont(maskscope::font(TextStyle::Label));
    if (!strategy.problem.empty()) {
        painter.setPen(theme().warning);
        painter.drawText(QRect(left, scaled(16), side(), statisticsTop() - scaled(16)), Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap,
                         QString::fromStdString(strategy.problem));
        return;
    }
    painter.setPen(theme().text2);
    painter.drawText(QRect(left, scaled(16), side(), scaled(16)), Qt::AlignLeft | Qt::AlignVCenter,
                     tr("%1 hidden").arg(percent(strategy.hiddenRatio, 1)));
    for (int row = 0; row < rows(); ++row) paintMask(painter, row * columns() + column);
    paintProbability(painter, column);
    paintHistogram(painter, column, 0);
    paintHistogram(painter, column, 1);
}

void MaskLabSheetView::paintMask(QPainter& painter, int index) const {
    const QRectF area = alignedPictureRect(cellRect(index), image_.size(), grid(), devicePixelRatioF());
    const auto* mask = maskOf(index);
    if (!mask) return paintNoValue(painter, area);
    if (image_.isNull())
        painter.fillRect(area, theme().well);
    else
        paintImage(painter, area, image_, true);
    paintHatch(painter, area, grid(), regionArea(grid(), *mask));
    paintOutline(painter, area, grid(), regionOutline(grid(), *mask), OutlineWeight::Strong);
    if (index == current_) paintChosenFrame(painter, area);
}

void MaskLabSheetView::paintProbability(QPainter& painter, int column) const {
    const MaskLabSheet::Strategy& strategy = sheet_->strategies[static_cast<std::size_t>(column)];
    const QRect cell = probabilityRect(column);
    const QRectF area = alignedPictureRect(cell, image_.size(), grid(), devicePixelRatioF());
    const QImage map = mapImage(strategy.hiddenProbability, grid().rows, grid().columns, heatMap(), 0.0, 1.0);
    if (map.isNull()) return paintNoValue(painter, area);
    paintImage(painter, area, map, false);
    const QRect label(cell.left(), cell.top() - scaled(kLabel), cell.width(), scaled(kLabel));
    painter.setFont(maskscope::font(TextStyle::Label));
    painter.setPen(theme().text2);
    const QString draws = tr("%1 draws").arg(exact(sheet_->draws));
    painter.drawText(label, Qt::AlignLeft | Qt::AlignVCenter, draws);
    const int taken = painter.fontMetrics().horizontalAdvance(draws) + scaled(6);
    paintScaleBar(painter, label.adjusted(taken, 0, 0, 0), colorBar(heatMap(), scaled(20)), QStringLiteral("0"), QStringLiteral("1"));
}

void MaskLabSheetView::paintHistogram(QPainter& painter, int column, int which) const {
    const MaskLabSheet::Strategy& strategy = sheet_->strategies[static_cast<std::size_t>(column)];
    const MaskHistogram& histogram = which == 0 ? strategy.clusterSize : strategy.visibleDistance;
    const QRect area = histogramRect(column, which);
    painter.setFont(maskscope::font(TextStyle::Label));
    painter.setPen(theme().text);
    painter.drawText(QRect(area.left(), area.top() - scaled(kLabel), area.width(), scaled(kLabel)), Qt::AlignLeft | Qt::AlignVCenter,
                     tr("mean %1 patches").arg(significant(histogram.mean)));
    const QRect axis(area.left(), area.bottom() + 1, area.width(), scaled(kLabel));
    painter.setPen(theme().text2);
    painter.drawText(axis, Qt::AlignLeft | Qt::AlignVCenter, scaleEnd(histogram.low));
    painter.drawText(axis, Qt::AlignRight | Qt::AlignVCenter, tr("%1+").arg(scaleEnd(histogram.high)));
    if (histogram.counts.empty()) return paintNoValue(painter, area);
    const std::int64_t most = std::max<std::int64_t>(1, *std::max_element(histogram.counts.begin(), histogram.counts.end()));
    const qreal step = qreal(area.width()) / static_cast<qreal>(histogram.counts.size());
    for (std::size_t bin = 0; bin < histogram.counts.size(); ++bin) {
        const qreal left = area.left() + std::round(static_cast<qreal>(bin) * step),
                    right = area.left() + std::round(static_cast<qreal>(bin + 1) * step);
        const qreal height =
            histogram.counts[bin] == 0 ? 0 : std::max(1.0, area.height() * static_cast<qreal>(histogram.counts[bin]) / static_cast<qreal>(most));
        painter.fillRect(QRectF(left, area.bottom() + 1 - height, std::max(1.0, right - left - (step > 3 ? 1 : 0)), height), theme().text3);
    }
    painter.setPen(QPen(theme().grid, 1.0));
    painter.drawLine(area.left(), area.bottom() + 1, area.right(), area.bottom() + 1);
}

void MaskLabSheetView::updateHeight() {
    setMinimumSize(minimumSizeHint());
    updateGeometry();
}

void MaskLabSheetView::resizeEvent(QResizeEvent*) { updateHeight(); }

QSize MaskLabSheetView::sizeHint() const { return minimumSizeHint(); }

QSize MaskLabSheetView::minimumSizeHint() const {
    if (!sheet_ || columns() == 0) return {scaled(200), scaled(160)};
    return {scaled(kGutter) + columns() * (scaled(kLeastSide) + scaled(kGap)), histogramRect(0, 1).bottom() + scaled(kLabel) + scaled(8)};
}

}  // namespace maskscope
