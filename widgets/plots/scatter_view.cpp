#include "widgets/plots/scatter_view.h"

#include <QEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "widgets/pictures/state_layer.h"
#include "widgets/plots/numbers.h"
#include "widgets/plots/run_marker.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kLegendRowPx = 20;
constexpr int kLegendWidthPx = 112;
constexpr int kRoomForLegendPx = 340;
constexpr int kCaptionPx = 18;
constexpr double kMargin = 0.05;

}  // namespace

RunStyle classStyle(int label) {
    const auto& runs = theme().runs;
    const auto colour = static_cast<std::size_t>(label % 8);
    RunStyle style = runs.at(colour);
    style.marker = (label + label / 8) % 8;
    return style;
}

ScatterView::ScatterView(QWidget* parent) : QWidget(parent), state_(ViewState::ready()), stateLayer_(new StateLayer(this)) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Embedding"));
    connect(stateLayer_, &StateLayer::actionTriggered, this, &ScatterView::actionTriggered);
    setEmbedding(nullptr);
}

void ScatterView::setEmbedding(std::shared_ptr<const EmbeddingRecord> embedding) {
    const bool isFirst = embedding_ == nullptr || embedding_->empty();
    embedding_ = std::move(embedding);
    classCounts_.assign(embedding_ ? embedding_->classes.size() : 0, 0);
    if (embedding_) {
        for (const EmbeddingRecord::Point& point : embedding_->points) {
            if (point.label >= 0 && static_cast<std::size_t>(point.label) < classCounts_.size()) {
                ++classCounts_[static_cast<std::size_t>(point.label)];
            }
        }
    }
    if (isFirst) {
        fit();
    }
    setState(state_);
    redrawPoints();
}

void ScatterView::setState(const ViewState& state) {
    state_ = state;
    const bool hasPoints = embedding_ && !embedding_->empty();
    ViewState shown = state;
    if (hasPoints && shown.kind == ViewState::Kind::Empty) {
        shown = ViewState::ready();
    } else if (!hasPoints && shown.kind == ViewState::Kind::Ready) {
        shown = ViewState::empty(tr("Every image as a point, alike ones close together"), tr("Open a run or start training."));
    }
    stateLayer_->setState(shown);
}

void ScatterView::setSelected(qint64 sample) {
    selected_ = sample;
    describe();
    update();
}

void ScatterView::setHovered(qint64 sample) {
    if (hovered_ != sample) {
        hovered_ = sample;
        update();
    }
}

void ScatterView::setEmphasis(std::set<int> labels) {
    emphasis_ = std::move(labels);
    redrawPoints();
}

void ScatterView::fit() {
    if (!embedding_ || embedding_->empty()) {
        return;
    }
    double left = HUGE_VAL;
    double right = -HUGE_VAL;
    double top = HUGE_VAL;
    double bottom = -HUGE_VAL;
    for (const EmbeddingRecord::Point& point : embedding_->points) {
        left = std::min(left, static_cast<double>(point.x));
        right = std::max(right, static_cast<double>(point.x));
        top = std::min(top, static_cast<double>(point.y));
        bottom = std::max(bottom, static_cast<double>(point.y));
    }
    // one scale for both axes: distances mean something
    const QRectF area = plotArea();
    const double ratio = area.height() > 0 ? area.width() / area.height() : 1.0;
    double width = std::max(right - left, 1e-6) * (1.0 + 2 * kMargin);
    double height = std::max(bottom - top, 1e-6) * (1.0 + 2 * kMargin);
    if (width / height < ratio) {
        width = height * ratio;
    } else {
        height = width / ratio;
    }
    shown_ = QRectF((left + right - width) / 2.0, (top + bottom - height) / 2.0, width, height);
    redrawPoints();
}

QRectF ScatterView::plotArea() const {
    const bool hasLegend = embedding_ && !embedding_->classes.empty() && width() >= scaled(kRoomForLegendPx);
    return QRectF(rect()).adjusted(scaled(4), scaled(4), -scaled(4) - (hasLegend ? scaled(kLegendWidthPx) : 0), -scaled(kCaptionPx));
}

QRectF ScatterView::legendRow(int row) const {
    return QRectF(width() - scaled(kLegendWidthPx), scaled(4) + row * scaled(kLegendRowPx), scaled(kLegendWidthPx) - scaled(4), scaled(kLegendRowPx));
}

QPointF ScatterView::toScreen(float x, float y) const {
    const QRectF area = plotArea();
    return {area.left() + (static_cast<double>(x) - shown_.left()) / shown_.width() * area.width(),
            area.bottom() - (static_cast<double>(y) - shown_.top()) / shown_.height() * area.height()};
}

std::optional<std::size_t> ScatterView::indexOf(qint64 sample) const {
    if (!embedding_ || sample < 0) {
        return std::nullopt;
    }
    const auto& points = embedding_->points;
    const auto found = std::find_if(points.begin(), points.end(), [sample](const auto& point) { return point.sample == sample; });
    return found == points.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - points.begin()));
}

std::optional<QPointF> ScatterView::positionOf(qint64 sample) const {
    const auto index = indexOf(sample);
    return index ? std::optional(toScreen(embedding_->points[*index].x, embedding_->points[*index].y)) : std::nullopt;
}

std::optional<std::size_t> ScatterView::pointNear(QPointF position, double radius) const {
    std::optional<std::size_t> nearest;
    double least = radius * radius;
    for (std::size_t i = 0; embedding_ && i < embedding_->points.size(); ++i) {
        const QPointF away = toScreen(embedding_->points[i].x, embedding_->points[i].y) - position;
        const double distance = QPointF::dotProduct(away, away);
        if (distance <= least && plotArea().contains(position) && !faint(embedding_->points[i].label)) {
            least = distance;
            nearest = i;
        }
    }
    return nearest;
}

/// The nearest point in the direction of an arrow key; sideways distance counts double, so that a row of keys walks a line.
std::optional<std::size_t> ScatterView::neighbour(std::size_t from, int key) const {
    const QPointF start = toScreen(embedding_->points[from].x, embedding_->points[from].y);
    const QPointF direction = key == Qt::Key_Left    ? QPointF(-1, 0)
                              : key == Qt::Key_Right ? QPointF(1, 0)
                              : key == Qt::Key_Up    ? QPointF(0, -1)
                                                     : QPointF(0, 1);
    std::optional<std::size_t> nearest;
    double least = HUGE_VAL;
    for (std::size_t i = 0; i < embedding_->points.size(); ++i) {
        const QPointF away = toScreen(embedding_->points[i].x, embedding_->points[i].y) - start;
        const double along = QPointF::dotProduct(away, direction);
        const double aside = std::abs(away.x() * direction.y() - away.y() * direction.x());
        if (i != from && along > 0.0 && along + 2.0 * aside < least && !faint(embedding_->points[i].label)) {
            least = along + 2.0 * aside;
            nearest = i;
        }
    }
    return nearest;
}

std::optional<int> ScatterView::legendLabelAt(QPointF position) const {
    if (!embedding_ || width() < scaled(kRoomForLegendPx)) {
        return std::nullopt;
    }
    for (int row = 0; row < static_cast<int>(embedding_->classes.size()); ++row) {
        if (legendRow(row).contains(position)) {
            return row;
        }
    }
    return std::nullopt;
}

bool ScatterView::faint(int label) const { return !emphasis_.empty() && emphasis_.count(label) == 0; }

void ScatterView::redrawPoints() {
    points_ = QPixmap();
    update();
}

void ScatterView::hover(qint64 sample) {
    if (sample != hovered_) {
        setHovered(sample);
        Q_EMIT sampleHovered(sample);
    }
}

void ScatterView::describe() {
    const auto index = indexOf(selected_);
    if (!embedding_ || embedding_->empty()) {
        setAccessibleDescription(tr("No points yet"));
    } else if (index) {
        const int label = embedding_->points[*index].label;
        const QString name = label >= 0 && static_cast<std::size_t>(label) < embedding_->classes.size()
                                 ? QString::fromStdString(embedding_->classes[static_cast<std::size_t>(label)])
                                 : tr("no label");
        setAccessibleDescription(
            tr("image %1, %2, chosen of %3").arg(exact(selected_ + 1), name, exact(static_cast<qint64>(embedding_->points.size()))));
    } else {
        setAccessibleDescription(tr("%1 images").arg(exact(static_cast<qint64>(embedding_->points.size()))));
    }
}

}  // namespace maskscope
