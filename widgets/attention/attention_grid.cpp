#include "widgets/attention/attention_grid.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "widgets/pictures/color_map.h"
#include "widgets/plots/numbers.h"
#include "widgets/plots/theme_change.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kGapPx = 5;
constexpr int kBarPx = 4;       // with its distance from the thumbnail
constexpr int kHeadRowPx = 16;  // "head 1"
constexpr int kLeastSidePx = 20;
constexpr int kLeastHeightPx = 10;   // of a sequence: one row of tokens
constexpr int kMostSidePx = 72;      // where layers would be out of sight
constexpr int kLargestSidePx = 140;  // where all are in sight
constexpr int kHintSidePx = 42;
constexpr int kMarginPx = 4;  // room for the frame

}  // namespace

AttentionGrid::AttentionGrid(QWidget* parent) : QWidget(parent) {
    enableCellAccessibility();
    setFocusPolicy(Qt::StrongFocus);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setAccessibleName(tr("Attention heads"));
}

void AttentionGrid::setAttention(std::shared_ptr<const AttentionRecord> attention) {
    const bool sameForm = attention_ && attention && attention_->layers == attention->layers && attention_->heads == attention->heads;
    attention_ = std::move(attention);
    if (attention_ && (layer_ >= attention_->layers || head_ >= attention_->heads)) {
        layer_ = std::min<qint64>(layer_, attention_->layers - 1);
        head_ = 0;
    }
    buildAtlas();
    if (!sameForm) {
        updateGeometry();
    }
    describe();
    update();
}

/// One pixel a patch, each head on its own scale from 0 to its greatest value.
void AttentionGrid::buildAtlas() {
    atlas_ = QImage();
    greatestDistance_ = 1e-6F;
    if (!attention_ || attention_->empty()) {
        return;
    }
    const int rows = static_cast<int>(attention_->rows);
    const int columns = static_cast<int>(attention_->columns);
    atlas_ = QImage(static_cast<int>(attention_->heads) * columns, static_cast<int>(attention_->layers) * rows, QImage::Format_ARGB32_Premultiplied);
    for (qint64 layer = 0; layer < attention_->layers; ++layer) {
        for (qint64 head = 0; head < attention_->heads; ++head) {
            const float* weights = attention_->head(layer, head);
            float greatest = 0.0F;
            for (qint64 i = 0; i < attention_->patches(); ++i) {
                greatest = std::max(greatest, std::isnan(weights[i]) ? 0.0F : weights[i]);
            }
            for (int y = 0; y < rows; ++y) {
                auto* line = reinterpret_cast<QRgb*>(atlas_.scanLine(static_cast<int>(layer) * rows + y)) + head * columns;
                for (int x = 0; x < columns; ++x) {
                    line[x] = colorOf(heatMap(), greatest > 0.0F ? weights[y * columns + x] / greatest : weights[y * columns + x]);
                }
            }
        }
    }
    for (const float distance : attention_->meanDistance) {
        greatestDistance_ = std::max(greatestDistance_, std::isnan(distance) ? 0.0F : distance);
    }
}

void AttentionGrid::setSelected(qint64 layer, qint64 head) {
    layer_ = layer;
    head_ = head;
    describe();
    update();
}

void AttentionGrid::select(qint64 layer, qint64 head) {
    if (!attention_ || layer < 0 || head < 0 || layer >= attention_->layers || head >= attention_->heads) {
        return;
    }
    const bool isNew = layer != layer_ || head != head_;
    setSelected(layer, head);
    if (isNew) {
        Q_EMIT headSelected(layer, head);
    }
}

int AttentionGrid::labelWidthPx() const {
    return QFontMetrics(maskscope::font(TextStyle::Label)).horizontalAdvance(tr("layer %1").arg(88)) + scaled(6);
}

int AttentionGrid::cellSidePx(int width) const {
    if (!attention_ || attention_->heads == 0) {
        return scaled(kHintSidePx);
    }
    const int heads = static_cast<int>(attention_->heads);
    const int room = width - labelWidthPx() - 2 * scaled(kMarginPx) - (heads - 1) * scaled(kGapPx);
    return std::clamp(room / heads, scaled(kLeastSidePx), mostSidePx());
}

int AttentionGrid::mostSidePx() const {
    const qint64 layers = std::max<qint64>(1, attention_->layers), rows = std::max<qint64>(1, attention_->rows);
    const int room = parentWidget() ? parentWidget()->height() - scaled(kHeadRowPx) - 2 * scaled(kMarginPx) : 0;
    const qint64 fitting = (room / layers - scaled(kGapPx + kBarPx)) * std::max<qint64>(rows, attention_->columns) / rows;
    return static_cast<int>(std::clamp<qint64>(fitting, scaled(kMostSidePx), scaled(kLargestSidePx)));
}

QRect AttentionGrid::cellRect(qint64 layer, qint64 head) const {
    const int side = cellSidePx(width());
    const int rows = attention_ ? static_cast<int>(attention_->rows) : 1;
    const int columns = attention_ ? static_cast<int>(attention_->columns) : 1;
    const int longest = std::max(rows, columns);
    const int pitchX = side + scaled(kGapPx);
    const int height = std::max(side * rows / longest, scaled(kLeastHeightPx));
    const int pitchY = height + scaled(kGapPx + kBarPx);
    return QRect(labelWidthPx() + scaled(kMarginPx) + static_cast<int>(head) * pitchX,
                 scaled(kHeadRowPx) + scaled(kMarginPx) + static_cast<int>(layer) * pitchY, side * columns / longest, height);
}

std::optional<std::pair<qint64, qint64>> AttentionGrid::headAt(QPoint position) const {
    for (qint64 layer = 0; attention_ && layer < attention_->layers; ++layer) {
        for (qint64 head = 0; head < attention_->heads; ++head) {
            if (cellRect(layer, head).adjusted(0, 0, 0, scaled(kBarPx)).contains(position)) {
                return std::pair(layer, head);
            }
        }
    }
    return std::nullopt;
}

int AttentionGrid::heightForWidth(int width) const {
    if (!attention_) {
        return scaled(120);
    }
    const int longest = static_cast<int>(std::max(attention_->rows, attention_->columns));
    const int side = std::max(cellSidePx(width) * static_cast<int>(attention_->rows) / longest, scaled(kLeastHeightPx));
    return scaled(kHeadRowPx) + 2 * scaled(kMarginPx) + static_cast<int>(attention_->layers) * (side + scaled(kGapPx + kBarPx));
}

QSize AttentionGrid::sizeHint() const {
    const int heads = attention_ ? static_cast<int>(attention_->heads) : 6;
    const int width = labelWidthPx() + 2 * scaled(kMarginPx) + heads * scaled(kHintSidePx + kGapPx);
    return {width, heightForWidth(width)};
}

QSize AttentionGrid::minimumSizeHint() const {
    const int heads = attention_ ? static_cast<int>(attention_->heads) : 1;
    const int width = labelWidthPx() + 2 * scaled(kMarginPx) + heads * scaled(kLeastSidePx + kGapPx);
    return {width, heightForWidth(width)};
}

void AttentionGrid::paintEvent(QPaintEvent* event) {
    if (!attention_ || atlas_.isNull()) {
        return;
    }
    QPainter painter(this);
    painter.setFont(maskscope::font(TextStyle::Label));
    for (qint64 layer = 0; layer < attention_->layers; ++layer) {
        const QRect first = cellRect(layer, 0);
        if (first.bottom() + scaled(kBarPx) >= event->rect().top() && first.top() <= event->rect().bottom()) {
            paintLayer(painter, layer);
        }
    }
    const QRectF chosen = QRectF(cellRect(layer_, head_));
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme().accent, 2.0 * scaled(1), Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
    painter.drawRect(chosen.adjusted(-1, -1, 1, 1));
    painter.setPen(QPen(Qt::white, 1.5 * scaled(1), Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
    painter.drawRect(chosen.adjusted(0.75, 0.75, -0.75, -0.75));
    paintHeads(painter);
}

void AttentionGrid::paintLayer(QPainter& painter, qint64 layer) const {
    const int rows = static_cast<int>(attention_->rows);
    const int columns = static_cast<int>(attention_->columns);
    const QRect first = cellRect(layer, 0);
    painter.setPen(theme().text2);
    painter.drawText(QRect(0, first.top(), labelWidthPx(), first.height()), Qt::AlignLeft | Qt::AlignVCenter, tr("layer %1").arg(layer + 1));
    for (qint64 head = 0; head < attention_->heads; ++head) {
        const QRect cell = cellRect(layer, head);
        painter.fillRect(cell, theme().well);
        painter.drawImage(cell, atlas_, QRect(static_cast<int>(head) * columns, static_cast<int>(layer) * rows, columns, rows));
        const std::size_t index = attention_->headIndex(layer, head);
        const float distance = index < attention_->meanDistance.size() ? attention_->meanDistance[index] : 0.0F;
        const int length = static_cast<int>(std::lround(static_cast<float>(cell.width()) * std::clamp(distance / greatestDistance_, 0.0F, 1.0F)));
        const bool isSelected = layer == layer_ && head == head_;
        painter.fillRect(QRect(cell.left(), cell.bottom() + 1 + scaled(2), length, scaled(2)), isSelected ? theme().accent : theme().text2);
    }
}

/// The names of the heads stay in sight, whichever part of the grid is.
void AttentionGrid::paintHeads(QPainter& painter) const {
    const int top = visibleRegion().boundingRect().top();
    const QFontMetrics metrics(painter.font());
    painter.fillRect(QRect(0, top, width(), scaled(kHeadRowPx)), theme().panel);
    painter.setPen(theme().text2);
    for (qint64 head = 0; head < attention_->heads; ++head) {
        const QRect cell = cellRect(0, head);
        const QString full = tr("head %1").arg(head + 1);
        const QString text = metrics.horizontalAdvance(full) <= cell.width() ? full : QString::number(head + 1);
        painter.drawText(QRect(cell.left() - scaled(8), top, cell.width() + scaled(16), scaled(kHeadRowPx)), Qt::AlignCenter, text);
    }
}

QRect AttentionGrid::shownWith(qint64 layer, qint64 head) const {
    return cellRect(layer, head).adjusted(0, -scaled(kHeadRowPx + kMarginPx), 0, scaled(kBarPx + kMarginPx));
}

bool AttentionGrid::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        if (const auto at = headAt(help->pos())) {
            const int index = static_cast<int>(attention_->headIndex(at->first, at->second));
            QToolTip::showText(help->globalPos(), cellName(index) + QLatin1Char('\n') + cellDescription(index), this);
            return true;
        }
    }
    if (isThemeChange(event)) {
        buildAtlas();
        updateGeometry();
    }
    return QWidget::event(event);
}

void AttentionGrid::mousePressEvent(QMouseEvent* event) {
    const auto at = headAt(event->position().toPoint());
    if (at && event->button() == Qt::LeftButton) {
        select(at->first, at->second);
    }
}

void AttentionGrid::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
        case Qt::Key_Left:
            select(layer_, head_ - 1);
            break;
        case Qt::Key_Right:
            select(layer_, head_ + 1);
            break;
        case Qt::Key_Up:
            select(layer_ - 1, head_);
            break;
        case Qt::Key_Down:
            select(layer_ + 1, head_);
            break;
        case Qt::Key_Home:
            select(0, 0);
            break;
        case Qt::Key_End:
            select(attention_ ? attention_->layers - 1 : 0, attention_ ? attention_->heads - 1 : 0);
            break;
        default:
            QWidget::keyPressEvent(event);
    }
}

int AttentionGrid::cellCount() const { return attention_ ? static_cast<int>(attention_->layers * attention_->heads) : 0; }

QRect AttentionGrid::cellRect(int index) const { return attention_ ? cellRect(index / attention_->heads, index % attention_->heads) : QRect(); }

QString AttentionGrid::cellName(int index) const {
    return attention_ ? tr("layer %1, head %2").arg(index / attention_->heads + 1).arg(index % attention_->heads + 1) : QString();
}

QString AttentionGrid::cellDescription(int index) const {
    const auto at = static_cast<std::size_t>(index);
    if (!attention_ || at >= attention_->meanDistance.size() || at >= attention_->entropyBits.size()) {
        return {};
    }
    return tr("mean attention distance %1 %3, entropy %2 bit")
        .arg(significant(static_cast<double>(attention_->meanDistance[at])), significant(static_cast<double>(attention_->entropyBits[at])),
             partsWord(attention_->rows == 1 ? SampleKind::Text : SampleKind::Image));
}

bool AttentionGrid::isCellSelected(int index) const { return attention_ && attention_->headIndex(layer_, head_) == static_cast<std::size_t>(index); }

void AttentionGrid::activateCell(int index) {
    if (attention_) {
        select(index / attention_->heads, index % attention_->heads);
    }
}

void AttentionGrid::describe() {
    const int index = attention_ ? static_cast<int>(attention_->headIndex(layer_, head_)) : 0;
    setAccessibleDescription(attention_ ? tr("chosen: %1; %2").arg(cellName(index), cellDescription(index)) : tr("nothing yet"));
}

}  // namespace maskscope
