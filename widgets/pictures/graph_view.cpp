#include "widgets/pictures/graph_view.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "widgets/pictures/hatch.h"
#include "widgets/pictures/picture_paint.h"
#include "widgets/plots/numbers.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr qreal kMargin = 24.0, kReach = 12.0;  // px around the nodes; from a node's centre to what still counts as on it
constexpr double kLeastZoom = 0.5, kMostZoom = 40.0;
constexpr double kWidestGraph = 1.8;  // of a thumbnail: how far it may be stretched

bool isIn(const GraphPicture& picture, std::int64_t node) { return node >= 0 && node < static_cast<std::int64_t>(picture.nodes.size()); }

/// Smaller where there are many.
qreal nodeRadius(std::size_t count, double zoom) {
    const double radius = 9.0 / std::sqrt(std::max(1.0, static_cast<double>(count) / 40.0)) * std::sqrt(zoom);
    return scaled(std::clamp(radius, 3.0, 14.0));
}

enum class Answer { None, Right, Wrong };

Answer answerOf(const GraphPicture::Node& node) {
    if (!node.hidden || node.predicted.empty()) return Answer::None;
    return node.predicted == node.label ? Answer::Right : Answer::Wrong;
}

QPen edgePen(const GraphPicture::Edge& edge) {
    QPen pen(edge.hidden ? theme().text2 : theme().ctlBorder, edge.hidden ? 1.6 : 1.2);
    if (edge.hidden) pen.setDashPattern({4.0, 3.0});
    return pen;
}

void paintMark(QPainter& painter, const QPointF& centre, qreal radius, Answer answer) {
    const qreal r = radius * 0.5;
    const auto draw = [&](const QPen& pen) {
        painter.setPen(pen);
        if (answer == Answer::Right) {
            painter.drawPolyline(QPolygonF{{centre + QPointF(-r, 0), centre + QPointF(-r * 0.2, r * 0.8), centre + QPointF(r, -r * 0.8)}});
        } else {
            painter.drawLine(centre + QPointF(-r, -r), centre + QPointF(r, r));
            painter.drawLine(centre + QPointF(-r, r), centre + QPointF(r, -r));
        }
    };
    draw(QPen(Qt::black, 3.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    draw(QPen(Qt::white, 1.8, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
}

void paintNode(QPainter& painter, const GraphPicture::Node& node, const QPointF& centre, qreal radius) {
    const Answer answer = answerOf(node);
    const QRectF box(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius);
    painter.setPen(QPen(answer == Answer::Wrong   ? theme().warning
                        : answer == Answer::Right ? theme().running
                                                  : theme().text2,
                        node.hidden ? 2.0 : 1.2, node.hidden && answer == Answer::None ? Qt::DashLine : Qt::SolidLine));
    painter.setBrush(node.hidden ? hatchBrush(painter.device()->devicePixelRatioF(), true) : QBrush(theme().raised));
    painter.setBrushOrigin(box.topLeft());
    answer == Answer::Wrong ? painter.drawRect(box) : painter.drawEllipse(box);
    if (answer != Answer::None && radius >= 4.0) paintMark(painter, centre, radius, answer);
}

void paintColored(QPainter& painter, const QColor& color, const QPointF& centre, qreal radius) {
    painter.setPen(QPen(theme().text2, 1.2));
    painter.setBrush(color);
    painter.drawEllipse(centre, radius, radius);
}

/// @return  where the next sign of a legend may stand
qreal paintWord(QPainter& painter, qreal left, qreal middle, const QString& word) {
    const QFontMetricsF metrics(painter.font());
    painter.setPen(theme().text2);
    painter.drawText(QRectF(left, middle - metrics.height() / 2, metrics.horizontalAdvance(word) + 2, metrics.height()), Qt::AlignVCenter, word);
    return left + metrics.horizontalAdvance(word) + scaled(18);
}

/// @param colors  of the nodes; empty: as the model filled them in
template <typename Place>
void paintGraph(QPainter& painter, const GraphPicture& picture, const std::vector<QColor>& colors, qreal radius, Place place) {
    painter.setRenderHint(QPainter::Antialiasing);
    for (const GraphPicture::Edge& edge : picture.edges) {
        if (!isIn(picture, edge.from) || !isIn(picture, edge.to)) continue;
        painter.setPen(edgePen(edge));
        painter.drawLine(place(static_cast<std::size_t>(edge.from)), place(static_cast<std::size_t>(edge.to)));
    }
    for (std::size_t i = 0; i < picture.nodes.size(); ++i)
        i < colors.size() ? paintColored(painter, colors[i], place(i), radius) : paintNode(painter, picture.nodes[i], place(i), radius);
}

}  // namespace

GraphView::GraphView(QWidget* parent) : QWidget(parent) {
    enableCellAccessibility();
    setAccessibleName(tr("Graph"));
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
}

void GraphView::setPicture(std::shared_ptr<const GraphPicture> picture) {
    const bool other = !picture || !picture_ || picture->nodes.size() != picture_->nodes.size();
    picture_ = std::move(picture);
    if (current_ >= cellCount()) current_ = -1;
    if (other) resetView();
    update();
}

void GraphView::setNodeColors(std::vector<QColor> colors) {
    colors_ = std::move(colors);
    update();
}

void GraphView::setCurrent(int node) {
    const int next = node >= 0 && node < cellCount() ? node : -1;
    if (next == current_) return;
    current_ = next;
    update();
}

QPointF GraphView::positionOf(int node) const {
    const GraphPicture::Node& at = picture_->nodes[static_cast<std::size_t>(node)];
    const double side = std::max(1.0, std::min(width(), height()) - 2.0 * scaled(kMargin)) * zoom_;
    const QPointF centre = QRectF(rect()).center() + pan_;
    return centre + QPointF((at.x - 0.5) * side, (at.y - 0.5) * side);
}

int GraphView::nodeAt(const QPointF& point) const {
    int nearest = -1;
    double least = std::max<double>(scaled(kReach), nodeRadius(static_cast<std::size_t>(cellCount()), zoom_));
    for (int i = 0; i < cellCount(); ++i) {
        const QPointF way = positionOf(i) - point;
        const double distance = std::hypot(way.x(), way.y());
        if (distance > least) continue;
        least = distance;
        nearest = i;
    }
    return nearest;
}

void GraphView::zoomBy(double factor, const QPointF& about) {
    const double next = std::clamp(zoom_ * factor, kLeastZoom, kMostZoom);
    const QPointF from = about - QRectF(rect()).center();
    pan_ = from - (from - pan_) * (next / zoom_);  // the point below the pointer stays
    zoom_ = next;
    update();
}

void GraphView::resetView() {
    zoom_ = 1.0;
    pan_ = {};
    update();
}

int GraphView::cellCount() const { return picture_ ? static_cast<int>(picture_->nodes.size()) : 0; }

QRect GraphView::cellRect(int index) const {
    const qreal radius = nodeRadius(static_cast<std::size_t>(cellCount()), zoom_);
    const QPointF centre = positionOf(index);
    return QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius).toAlignedRect();
}

QString GraphView::cellName(int index) const {
    const std::string& label = picture_->nodes[static_cast<std::size_t>(index)].label;
    return label.empty() ? tr("node %1").arg(index + 1) : tr("node %1, %2").arg(index + 1).arg(QString::fromStdString(label));
}

QString GraphView::cellDescription(int index) const {
    if (!colors_.empty()) return {};
    const GraphPicture::Node& node = picture_->nodes[static_cast<std::size_t>(index)];
    if (!node.hidden) return tr("visible");
    if (node.predicted.empty()) return tr("hidden, nothing predicted");
    const QString verdict = answerOf(node) == Answer::Right ? tr("right") : tr("wrong");
    return tr("hidden, the model says %1: %2; loss %3").arg(QString::fromStdString(node.predicted), verdict, significant(node.loss));
}

void GraphView::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return QWidget::mousePressEvent(event);
    dragging_ = true;
    dragFrom_ = event->position() - pan_;
}

void GraphView::mouseMoveEvent(QMouseEvent* event) {
    if (dragging_ && event->buttons().testFlag(Qt::LeftButton)) {
        pan_ = event->position() - dragFrom_;
        update();
        return;
    }
    const int node = nodeAt(event->position());
    if (node == current_) return;
    setCurrent(node);
    Q_EMIT nodeHovered(node);
}

void GraphView::mouseReleaseEvent(QMouseEvent*) { dragging_ = false; }

void GraphView::wheelEvent(QWheelEvent* event) { zoomBy(std::pow(1.0015, event->angleDelta().y()), event->position()); }

void GraphView::leaveEvent(QEvent* event) {
    if (current_ >= 0 && !hasFocus()) {
        setCurrent(-1);
        Q_EMIT nodeHovered(-1);
    }
    QWidget::leaveEvent(event);
}

void GraphView::keyPressEvent(QKeyEvent* event) {
    const int key = event->key();
    const bool forward = key == Qt::Key_Right || key == Qt::Key_Down, backward = key == Qt::Key_Left || key == Qt::Key_Up;
    if (key == Qt::Key_Plus || key == Qt::Key_Equal)
        zoomBy(1.25, QRectF(rect()).center());
    else if (key == Qt::Key_Minus)
        zoomBy(0.8, QRectF(rect()).center());
    else if (key == Qt::Key_0)
        resetView();
    else if ((forward || backward) && cellCount() > 0) {
        setCurrent(current_ < 0 ? 0 : (current_ + (forward ? 1 : cellCount() - 1)) % cellCount());
        Q_EMIT nodeHovered(current_);
    } else
        QWidget::keyPressEvent(event);
}

void GraphView::paintEvent(QPaintEvent* event) {
    QPainter painter(this);
    painter.fillRect(event->rect(), theme().panel);
    if (!picture_) return;
    const qreal radius = nodeRadius(picture_->nodes.size(), zoom_);
    paintGraph(painter, *picture_, colors_, radius, [this](std::size_t node) { return positionOf(static_cast<int>(node)); });
    if (colors_.empty()) paintLegend(painter);
    if (current_ < 0) return;
    paintFocusRing(painter, QRectF(cellRect(current_)).adjusted(-4, -4, 4, 4));
    paintPanel(painter);
}

/// What the shapes mean, in words, along the bottom; only those that occur.
void GraphView::paintLegend(QPainter& painter) const {
    bool hiddenEdges = false;
    std::array<bool, 3> answers{};
    for (const auto& edge : picture_->edges) hiddenEdges = hiddenEdges || edge.hidden;
    for (const auto& node : picture_->nodes)
        if (node.hidden) answers[static_cast<std::size_t>(answerOf(node))] = true;
    const std::array<QString, 3> words = {tr("hidden"), tr("right"), tr("wrong")};
    painter.setFont(maskscope::font(TextStyle::Label));
    const qreal radius = scaled(5), y = height() - scaled(12);
    qreal x = scaled(12);
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (!answers[i]) continue;
        GraphPicture::Node sample{.hidden = true, .label = "a", .predicted = i == 0 ? "" : i == 1 ? "a" : "b"};
        paintNode(painter, sample, QPointF(x, y), radius);
        x = paintWord(painter, x + radius + scaled(4), y, words[i]);
    }
    if (!hiddenEdges) return;
    painter.setPen(edgePen({.hidden = true, .label = {}, .predicted = {}}));
    painter.drawLine(QPointF(x - radius, y), QPointF(x + 3 * radius, y));
    paintWord(painter, x + 3 * radius + scaled(4), y, tr("hidden edge"));
}

/// What a model says of a node.
QStringList GraphView::verdictOn(const GraphPicture::Node& node) {
    if (!node.hidden) return {tr("visible")};
    if (node.predicted.empty()) return {tr("hidden, nothing predicted")};
    return {tr("predicted %1: %2").arg(QString::fromStdString(node.predicted), answerOf(node) == Answer::Right ? tr("right") : tr("wrong")),
            tr("loss %1").arg(significant(node.loss))};
}

void GraphView::paintPanel(QPainter& painter) const {
    const GraphPicture::Node& node = picture_->nodes[static_cast<std::size_t>(current_)];
    QStringList lines{cellName(current_)};
    if (colors_.empty()) lines << verdictOn(node);
    const QFontMetrics metrics(maskscope::font(TextStyle::AreaTitle));
    int width = 0;
    for (const QString& line : lines) width = std::max(width, metrics.horizontalAdvance(line));
    const int padding = scaled(8), row = scaled(16);
    QRect panel(0, 0, std::min(width + 2 * padding, this->width()), row * static_cast<int>(lines.size()) + 2 * padding);
    const QRect cell = cellRect(current_);
    panel.moveTopLeft(cell.bottomRight() + QPoint(scaled(8), scaled(4)));
    if (panel.right() > this->width()) panel.moveRight(cell.left() - scaled(8));
    if (panel.bottom() > height()) panel.moveBottom(cell.top() - scaled(4));
    panel.moveTopLeft(QPoint(std::max(0, panel.left()), std::max(0, panel.top())));
    painter.setPen(QPen(theme().ctlBorder, 1.0));
    painter.setBrush(theme().raised);
    painter.drawRoundedRect(QRectF(panel).adjusted(0.5, 0.5, -0.5, -0.5), scaled(4), scaled(4));
    QRect line(panel.left() + padding, panel.top() + padding, panel.width() - 2 * padding, row);
    for (int i = 0; i < lines.size(); ++i, line.translate(0, row)) {
        painter.setFont(maskscope::font(i == 0 ? TextStyle::AreaTitle : TextStyle::Body));
        painter.setPen(i == 0 ? theme().text : theme().text2);
        painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, painter.fontMetrics().elidedText(lines[i], Qt::ElideRight, line.width()));
    }
}

void GraphView::paintThumbnail(QPainter& painter, const QRectF& area, const GraphPicture& picture) {
    painter.save();
    painter.fillRect(area, theme().well);
    painter.setClipRect(area);
    const qreal inset = scaled(8), high = area.height() - 2 * inset, wide = std::min(area.width() - 2 * inset, kWidestGraph * high);
    const qreal radius = std::max(2.0, nodeRadius(picture.nodes.size(), 1.0) * std::sqrt(wide * high) / 320.0);
    paintGraph(painter, picture, {}, radius,
               [&](std::size_t node) { return area.center() + QPointF((picture.nodes[node].x - 0.5) * wide, (picture.nodes[node].y - 0.5) * high); });
    painter.restore();
}

QSize GraphView::minimumSizeHint() const { return {scaled(160), scaled(120)}; }

}  // namespace maskscope
