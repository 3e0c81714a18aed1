#include "widgets/pictures/over_time_strip.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>

#include "widgets/pictures/picture_paint.h"
#include "widgets/plots/numbers.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr qreal kSide = 52.0, kCaption = 16.0, kGap = 6.0, kMargin = 3.0;  // px

}  // namespace

OverTimeStrip::OverTimeStrip(QWidget* parent) : QWidget(parent) {
    enableCellAccessibility();
    setAccessibleName(tr("Over time"));
    setToolTip(tr("The same image and mask at several steps. Select one to move the time cursor there."));
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Expanding);
}

void OverTimeStrip::setFrames(std::vector<Frame> frames) {
    frames_ = std::move(frames);
    choose();
}

void OverTimeStrip::setOrientation(Qt::Orientation orientation) {
    orientation_ = orientation;
    const bool upright = orientation == Qt::Vertical;
    setSizePolicy(upright ? QSizePolicy::Fixed : QSizePolicy::Expanding, upright ? QSizePolicy::Expanding : QSizePolicy::Fixed);
    choose();
}

void OverTimeStrip::setCurrentStep(qint64 step) {
    step_ = step;
    choose();
}

qint64 OverTimeStrip::currentStep() const {
    return current_ >= 0 ? frames_[static_cast<std::size_t>(shown_[static_cast<std::size_t>(current_)])].step : -1;
}

int OverTimeStrip::side() const {
    const int across = (orientation_ == Qt::Vertical ? width() : height() - scaled(kCaption)) - 2 * scaled(kMargin);
    return std::max(scaled(24), across);
}

int OverTimeStrip::capacity() const {
    const int pitch = side() + scaled(kGap) + (orientation_ == Qt::Vertical ? scaled(kCaption) : 0);
    const int length = orientation_ == Qt::Vertical ? height() : width();
    return std::max(1, (length - 2 * scaled(kMargin) + scaled(kGap)) / pitch);
}

void OverTimeStrip::choose() {
    shown_.clear();
    const int count = static_cast<int>(frames_.size()), places = std::min(capacity(), count);
    for (int place = 0; place < places; ++place)
        shown_.push_back(places == 1 ? count - 1 : static_cast<int>((qint64{place} * (count - 1)) / (places - 1)));
    current_ = -1;
    for (int i = 0; i < cellCount(); ++i)
        if (step_ >= 0 && frames_[static_cast<std::size_t>(shown_[static_cast<std::size_t>(i)])].step <= step_) current_ = i;
    update();
}

QRect OverTimeStrip::cellRect(int index) const {
    const int pitch = side() + scaled(kGap) + (orientation_ == Qt::Vertical ? scaled(kCaption) : 0);
    const int along = scaled(kMargin) + index * pitch;
    return orientation_ == Qt::Vertical ? QRect(scaled(kMargin), along, side(), side()) : QRect(along, scaled(kMargin), side(), side());
}

QString OverTimeStrip::cellName(int index) const {
    return tr("step %1").arg(exact(frames_[static_cast<std::size_t>(shown_[static_cast<std::size_t>(index)])].step));
}

QString OverTimeStrip::cellDescription(int index) const { return isCellSelected(index) ? tr("at the time cursor") : QString(); }

void OverTimeStrip::activateCell(int index) {
    if (index < 0 || index >= cellCount()) return;
    const qint64 step = frames_[static_cast<std::size_t>(shown_[static_cast<std::size_t>(index)])].step;
    setCurrentStep(step);
    Q_EMIT stepSelected(step);
}

void OverTimeStrip::resizeEvent(QResizeEvent*) { choose(); }

void OverTimeStrip::mousePressEvent(QMouseEvent* event) {
    for (int i = 0; i < cellCount(); ++i)
        if (cellRect(i).adjusted(0, 0, 0, scaled(kCaption)).contains(event->position().toPoint())) return activateCell(i);
    QWidget::mousePressEvent(event);
}

void OverTimeStrip::keyPressEvent(QKeyEvent* event) {
    const int key = event->key();
    if (key == Qt::Key_Down || key == Qt::Key_Right)
        activateCell(std::min(current_ + 1, cellCount() - 1));
    else if (key == Qt::Key_Up || key == Qt::Key_Left)
        activateCell(std::max(current_ - 1, 0));
    else if (key == Qt::Key_Home)
        activateCell(0);
    else if (key == Qt::Key_End)
        activateCell(cellCount() - 1);
    else
        QWidget::keyPressEvent(event);
}

void OverTimeStrip::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setFont(maskscope::font(TextStyle::Label));
    if (frames_.empty()) {
        painter.setPen(theme().text2);
        painter.drawText(rect().adjusted(scaled(2), scaled(2), -scaled(2), -scaled(2)), Qt::AlignCenter | Qt::TextWordWrap,
                         tr("Pictures of earlier steps appear here while it trains."));
        return;
    }
    for (int i = 0; i < cellCount(); ++i) {
        const Frame& frame = frames_[static_cast<std::size_t>(shown_[static_cast<std::size_t>(i)])];
        const QRect cell = cellRect(i);
        const QRectF area = alignedPictureRect(cell, frame.image.size(), {}, devicePixelRatioF());
        if (frame.image.isNull())
            paintNoValue(painter, area);
        else
            paintImage(painter, area, frame.image, true);
        if (i == current_) paintChosenFrame(painter, area);
        QFont caption = maskscope::font(TextStyle::Label);
        if (i == current_) caption.setWeight(QFont::DemiBold);
        painter.setFont(caption);
        painter.setPen(i == current_ ? theme().text : theme().text2);
        painter.drawText(QRect(cell.left(), cell.bottom() + scaled(2), cell.width(), scaled(kCaption)), Qt::AlignLeft | Qt::AlignVCenter,
                         exact(frame.step));
    }
    if (hasFocus()) paintFocusRing(painter, rect());
}

QSize OverTimeStrip::sizeHint() const {
    const int thick = scaled(kSide) + 2 * scaled(kMargin);
    const int pitch = scaled(kSide) + scaled(kGap) + scaled(kCaption);
    return orientation_ == Qt::Vertical ? QSize(thick, 4 * pitch) : QSize(4 * pitch, thick + scaled(kCaption));
}

QSize OverTimeStrip::minimumSizeHint() const {
    const int thick = scaled(kSide) + 2 * scaled(kMargin);
    return orientation_ == Qt::Vertical ? QSize(thick, thick + scaled(kCaption)) : QSize(thick, thick + scaled(kCaption));
}

}  // namespace maskscope
