#pragma once

#include <QColor>
#include <QPointF>
#include <QWidget>
#include <memory>
#include <vector>

#include "snapshot/picture.h"
#include "widgets/pictures/cells.h"

namespace maskscope {

/// A graph that a model filled in: hidden nodes are hatched and edged, hidden edges dashed; a right prediction is a round node with a tick, a wrong
/// one a square with a cross. Wheel and + - zoom, dragging pans, 0 fits, arrow keys walk the nodes.
class GraphView : public QWidget, public CellSource {
    Q_OBJECT

public:
    explicit GraphView(QWidget* parent = nullptr);

    void setPicture(std::shared_ptr<const GraphPicture> picture);
    /// Shows something else of the nodes than what a model says. @param colors  one a node; empty: the picture's own signs
    void setNodeColors(std::vector<QColor> colors);
    /// The node whose numbers are shown; -1: none.
    void setCurrent(int node);
    int current() const { return current_; }

    /// Where a node lies in the widget.
    QPointF positionOf(int node) const;
    int nodeAt(const QPointF& point) const;
    double zoom() const { return zoom_; }
    void zoomBy(double factor, const QPointF& about);
    void resetView();

    int cellCount() const override;
    QRect cellRect(int index) const override;
    QString cellName(int index) const override;
    QString cellDescription(int index) const override;
    bool isCellSelected(int index) const override { return index == current_; }
    void activateCell(int index) override { setCurrent(index); }
    QWidget* cellWidget() override { return this; }

    static void paintThumbnail(QPainter& painter, const QRectF& area, const GraphPicture& picture);

    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void nodeHovered(int node);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    void paintLegend(QPainter& painter) const;
    static QStringList verdictOn(const GraphPicture::Node& node);
    void paintPanel(QPainter& painter) const;

    std::shared_ptr<const GraphPicture> picture_;
    std::vector<QColor> colors_;
    double zoom_ = 1.0;
    QPointF pan_, dragFrom_;
    bool dragging_ = false;
    int current_ = -1;
};

}  // namespace maskscope
