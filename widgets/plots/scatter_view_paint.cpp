// How the scatter of images looks, and what mouse and keys do in it.

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "widgets/plots/numbers.h"
#include "widgets/plots/run_marker.h"
#include "widgets/plots/scatter_view.h"
#include "widgets/plots/theme_change.h"
#include "widgets/theme/theme.h"

namespace maskscope {

namespace {

constexpr double kMarkerPx = 7.0;
constexpr double kManyMarkerPx = 5.0;
constexpr std::size_t kMany = 2000;
constexpr double kFaint = 0.15;
constexpr double kHitRadiusPx = 10.0;
constexpr double kClickSlackPx = 4.0;
constexpr double kWheelZoom = 0.85;

}  // namespace

void ScatterView::drawPoints(QPainter& painter) const {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setClipRect(plotArea());
    const double size = scaled(embedding_->points.size() > kMany ? kManyMarkerPx : kMarkerPx);
    std::vector<QPainterPath> paths;
    for (int marker = 0; marker < 8; ++marker) {
        paths.push_back(markerPath(marker, size));
    }
    for (const bool drawsFaint : {true, false}) {
        for (const EmbeddingRecord::Point& point : embedding_->points) {
            if (faint(point.label) != drawsFaint) {
                continue;
            }
            const RunStyle style = point.label >= 0 ? classStyle(point.label) : RunStyle{theme().text3, {}, 0};
            QColor fill = style.color;
            fill.setAlphaF(static_cast<float>(drawsFaint ? kFaint : 0.85));
            painter.setPen(drawsFaint ? QPen(Qt::NoPen) : QPen(theme().panel, 0.7));
            painter.setBrush(fill);
            painter.drawPath(paths[static_cast<std::size_t>(style.marker)].translated(toScreen(point.x, point.y)));
        }
    }
}

void ScatterView::drawLegend(QPainter& painter) const {
    painter.setFont(maskscope::font(TextStyle::Label));
    const QFontMetricsF metrics(painter.font());
    for (int row = 0; row < static_cast<int>(embedding_->classes.size()); ++row) {
        const QRectF area = legendRow(row);
        if (area.bottom() > height()) {
            break;
        }
        const RunStyle style = classStyle(row);
        painter.setOpacity(faint(row) ? 0.45 : 1.0);
        painter.setPen(Qt::NoPen);
        painter.setBrush(style.color);
        painter.drawPath(markerPath(style.marker, scaled(9)).translated(area.left() + scaled(8), area.center().y()));
        const QString count = exact(classCounts_[static_cast<std::size_t>(row)]);
        const double countWidth = metrics.horizontalAdvance(count);
        painter.setPen(theme().text3);
        painter.drawText(area, Qt::AlignRight | Qt::AlignVCenter, count);
        painter.setPen(theme().text);
        const QRectF name = area.adjusted(scaled(18), 0, -countWidth - scaled(6), 0);
        painter.drawText(
            name, Qt::AlignLeft | Qt::AlignVCenter,
            metrics.elidedText(QString::fromStdString(embedding_->classes[static_cast<std::size_t>(row)]), Qt::ElideRight, name.width()));
        painter.setOpacity(1.0);
    }
}

/// The selected and the hovered point read on any colour: white inside black.
void ScatterView::drawFrames(QPainter& painter) const {
    painter.setBrush(Qt::NoBrush);
    const auto ring = [&](qint64 sample, double radius, double wide, double narrow) {
        if (const auto position = positionOf(sample); position && plotArea().contains(*position)) {
            painter.setPen(QPen(Qt::black, scaled(1) * wide));
            painter.drawEllipse(*position, radius, radius);
            painter.setPen(QPen(Qt::white, scaled(1) * narrow));
            painter.drawEllipse(*position, radius, radius);
        }
    };
    ring(hovered_, scaled(6), 2.5, 1.0);
    ring(selected_, scaled(8), 4.5, 1.8);
}

void ScatterView::paintEvent(QPaintEvent*) {
    if (!embedding_ || embedding_->empty()) {
        return;
    }
    if (points_.isNull()) {
        points_ = QPixmap(size() * devicePixelRatioF());
        points_.setDevicePixelRatio(devicePixelRatioF());
        points_.fill(Qt::transparent);
        QPainter cache(&points_);
        drawPoints(cache);
    }
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme().border, 1));
    painter.drawRoundedRect(plotArea().adjusted(0.5, 0.5, -0.5, -0.5), scaled(2), scaled(2));
    painter.drawPixmap(0, 0, points_);
    drawFrames(painter);
    if (width() > plotArea().right() + scaled(20)) {
        drawLegend(painter);
    }
    painter.setFont(maskscope::font(TextStyle::Label));
    painter.setPen(theme().text2);
    const QString caption =
        tr("%1 images · two components show %2 of the variance")
            .arg(exact(static_cast<qint64>(embedding_->points.size())), percent(embedding_->explainedVariance[0] + embedding_->explainedVariance[1]));
    const QRectF words(plotArea().left(), plotArea().bottom(), width() - 2 * scaled(4), height() - plotArea().bottom());
    painter.drawText(words, Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(painter.font()).elidedText(caption, Qt::ElideRight, words.width()));
}

void ScatterView::resizeEvent(QResizeEvent*) { fit(); }

void ScatterView::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (isThemeChange(event)) {
        redrawPoints();
    }
}

void ScatterView::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) {
        return;
    }
    if (const auto label = legendLabelAt(event->position())) {
        std::set<int> labels = emphasis_;
        if (labels.erase(*label) == 0) {
            labels.insert(*label);
        }
        setEmphasis(std::move(labels));
        return;
    }
    dragFrom_ = event->position();
    dragged_ = false;
}

void ScatterView::mouseMoveEvent(QMouseEvent* event) {
    if (!dragFrom_) {
        const auto index = pointNear(event->position(), scaled(kHitRadiusPx));
        hover(index ? embedding_->points[*index].sample : -1);
        return;
    }
    const QPointF moved = event->position() - *dragFrom_;
    if (dragged_ || moved.manhattanLength() > kClickSlackPx) {
        dragged_ = true;
        shown_.translate(-moved.x() / plotArea().width() * shown_.width(), moved.y() / plotArea().height() * shown_.height());
        dragFrom_ = event->position();
        redrawPoints();
    }
}

void ScatterView::mouseReleaseEvent(QMouseEvent* event) {
    if (dragFrom_ && !dragged_) {
        if (const auto index = pointNear(event->position(), scaled(kHitRadiusPx))) {
            setSelected(embedding_->points[*index].sample);
            Q_EMIT sampleClicked(selected_);
        }
    }
    dragFrom_.reset();
}

void ScatterView::mouseDoubleClickEvent(QMouseEvent* event) {
    if (!pointNear(event->position(), scaled(kHitRadiusPx)) && !legendLabelAt(event->position())) {
        fit();
    }
}

void ScatterView::leaveEvent(QEvent*) { hover(-1); }

void ScatterView::zoom(double factor, QPointF about) {
    const QRectF area = plotArea();
    const double x = shown_.left() + (about.x() - area.left()) / area.width() * shown_.width();
    const double y = shown_.top() + (area.bottom() - about.y()) / area.height() * shown_.height();
    shown_ = QRectF(x + (shown_.left() - x) * factor, y + (shown_.top() - y) * factor, shown_.width() * factor, shown_.height() * factor);
    redrawPoints();
}

void ScatterView::wheelEvent(QWheelEvent* event) {
    zoom(std::pow(kWheelZoom, event->angleDelta().y() / 120.0), event->position());
    event->accept();
}

void ScatterView::keyPressEvent(QKeyEvent* event) {
    if (!embedding_ || embedding_->empty()) {
        QWidget::keyPressEvent(event);
        return;
    }
    switch (event->key()) {
        case Qt::Key_Left:
        case Qt::Key_Right:
        case Qt::Key_Up:
        case Qt::Key_Down: {
            const auto from = indexOf(selected_);
            const auto to = from ? neighbour(*from, event->key()) : std::optional<std::size_t>(0);
            if (to) {
                setSelected(embedding_->points[*to].sample);
                Q_EMIT sampleClicked(selected_);
            }
            return;
        }
        case Qt::Key_Plus:
        case Qt::Key_Equal:
            zoom(kWheelZoom, plotArea().center());
            return;
        case Qt::Key_Minus:
            zoom(1.0 / kWheelZoom, plotArea().center());
            return;
        case Qt::Key_0:
            fit();
            return;
        default:
            QWidget::keyPressEvent(event);
    }
}

QSize ScatterView::sizeHint() const { return {scaled(360), scaled(300)}; }

QSize ScatterView::minimumSizeHint() const { return {scaled(240), scaled(240)}; }

}  // namespace maskscope
