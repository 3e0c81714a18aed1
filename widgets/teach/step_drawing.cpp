#include "widgets/teach/step_drawing.h"

#include <QPainter>
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kHeightPx = 40;
/// Of the update's bars, in parts of the height: where they were, and where they are.
constexpr std::array<std::pair<double, double>, 8> kWeights = {
    {{0.45, 0.6}, {0.7, 0.6}, {0.3, 0.38}, {0.6, 0.42}, {0.8, 0.92}, {0.5, 0.55}, {0.65, 0.57}, {0.35, 0.5}}};

QColor readColor() { return theme().runs[0].color; }
QColor paintedColor() { return theme().runs[2].color; }

/// Some weights, each with a line where it was before.
void paintUpdate(QPainter& painter, const QRectF& area) {
    const qreal pitch = std::min<qreal>(scaled(14), area.width() / static_cast<qreal>(kWeights.size())), width = 0.5 * pitch;
    for (std::size_t i = 0; i < kWeights.size(); ++i) {
        const auto [before, after] = kWeights[i];
        const qreal x = area.left() + static_cast<qreal>(i) * pitch, line = area.bottom() - before * area.height();
        painter.fillRect(QRectF(QPointF(x, area.bottom() - after * area.height()), QPointF(x + width, area.bottom())), theme().text3);
        painter.fillRect(QRectF(x - 0.15 * pitch, line - scaled(1), 0.8 * pitch, scaled(1.5)), theme().text);
    }
}

/// A list of numbers for each patch that was read.
void paintVectors(QPainter& painter, const QRectF& area, qreal left) {
    const qreal middle = area.center().y();
    painter.setPen(QPen(theme().text2, scaled(1)));
    painter.drawLine(QPointF(left, middle), QPointF(left + scaled(14), middle));
    painter.drawLine(QPointF(left + scaled(10), middle - scaled(4)), QPointF(left + scaled(14), middle));
    painter.drawLine(QPointF(left + scaled(10), middle + scaled(4)), QPointF(left + scaled(14), middle));
    for (int i = 0; i < 6; ++i)
        painter.fillRect(QRectF(left + scaled(22) + i * scaled(6), area.top() + scaled(4), scaled(4), area.height() - scaled(8)), readColor());
}

}  // namespace

StepDrawing::StepDrawing(StepPart part, QWidget* parent) : QWidget(parent), part_(part) {
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setAttribute(Qt::WA_TransparentForMouseEvents);
}

void StepDrawing::setPicture(std::shared_ptr<const ImagePicture> picture) {
    picture_ = std::move(picture);
    update();
}

void StepDrawing::paintPatches(QPainter& painter, const QRectF& area, bool hidden) const {
    const auto columns = static_cast<std::size_t>(picture_->columns);
    const qreal cell = area.height() / static_cast<qreal>(std::max<std::int64_t>(1, picture_->rows));
    const bool roomy = cell >= scaled(4);  // finer grids get no lines
    painter.setPen(roomy ? QPen(theme().ctlBorder, 1.0) : QPen(Qt::NoPen));
    for (std::size_t i = 0; i < picture_->hidden.size(); ++i) {
        const QRectF place(area.left() + static_cast<qreal>(i % columns) * cell, area.top() + static_cast<qreal>(i / columns) * cell, cell, cell);
        const bool isHidden = picture_->hidden[i] != 0;
        painter.setBrush(isHidden != hidden ? Qt::NoBrush : QBrush(hidden ? paintedColor() : readColor()));
        painter.drawRect(place);
    }
}

/// The hidden patches from the worst guess to the best, and their mean.
void StepDrawing::paintLosses(QPainter& painter, const QRectF& area) const {
    std::vector<float> losses;
    for (std::size_t i = 0; i < std::min(picture_->hidden.size(), picture_->patchLoss.size()); ++i)
        if (picture_->hidden[i] != 0) losses.push_back(picture_->patchLoss[i]);
    if (losses.empty()) return;
    std::sort(losses.rbegin(), losses.rend());
    const qreal most = std::max(1e-12, static_cast<qreal>(losses.front())), step = area.width() / static_cast<qreal>(losses.size());
    qreal sum = 0.0;
    for (std::size_t i = 0; i < losses.size(); ++i) {
        const qreal height = area.height() * static_cast<qreal>(losses[i]) / most;
        sum += static_cast<qreal>(losses[i]);
        painter.fillRect(QRectF(area.left() + static_cast<qreal>(i) * step, area.bottom() - height, std::max(1.0, step - 1.0), height),
                         theme().text3);
    }
    const qreal mean = area.bottom() - area.height() * sum / static_cast<qreal>(losses.size()) / most;
    painter.setPen(QPen(theme().text, scaled(1), Qt::DashLine));
    painter.drawLine(QPointF(area.left(), mean), QPointF(area.right(), mean));
}

void StepDrawing::paintEvent(QPaintEvent*) {
    if (picture_ == nullptr || picture_->rows <= 0 || picture_->columns <= 0) return;
    QPainter painter(this);
    const QRectF area = QRectF(rect()).adjusted(1, 1, -1, -1);
    const qreal side = area.height() / static_cast<qreal>(picture_->rows) * static_cast<qreal>(picture_->columns);
    switch (part_) {
        case StepPart::Encoder:
            paintPatches(painter, area, false);
            return paintVectors(painter, area, area.left() + side + scaled(8));
        case StepPart::Decoder:
            return paintPatches(painter, area, true);
        case StepPart::Loss:
            return paintLosses(painter, area);
        case StepPart::Update:
            return paintUpdate(painter, area);
        case StepPart::None:
            return;
    }
}

QSize StepDrawing::sizeHint() const { return {scaled(110), scaled(kHeightPx)}; }

QSize StepDrawing::minimumSizeHint() const { return {scaled(60), scaled(kHeightPx)}; }

}  // namespace maskscope
