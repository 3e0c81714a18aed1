#pragma once

#include <QPixmap>
#include <QWidget>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "snapshot/features.h"
#include "widgets/pictures/view_state.h"

namespace maskscope {

class StateLayer;
struct RunStyle;

/// The colour and marker of a class: eight colours, and for each further eight classes the next marker, so 64 are told apart.
RunStyle classStyle(int label);

/// The images of a data set as points: alike images lie close together. Each class has a colour and a marker; a hovered or clicked
/// point is told to the other views by its index in the data set.
class ScatterView : public QWidget {
    Q_OBJECT

public:
    explicit ScatterView(QWidget* parent = nullptr);

    /// Null: nothing yet.
    void setEmbedding(std::shared_ptr<const EmbeddingRecord> embedding);
    /// Empty: what would be here, shown while there are no points. The other kinds: as they are.
    void setState(const ViewState& state);
    /// The image of the other views; -1: none. Do not signal.
    void setSelected(qint64 sample);
    void setHovered(qint64 sample);
    /// Only these classes in colour, the others faint; empty: all.
    void setEmphasis(std::set<int> labels);

    qint64 selected() const { return selected_; }
    qint64 hovered() const { return hovered_; }
    /// Where a sample's point is now, in pixels of this widget; none if it is not there.
    std::optional<QPointF> positionOf(qint64 sample) const;
    void fit();

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void sampleHovered(qint64 sample);  // -1: none
    void sampleClicked(qint64 sample);
    void actionTriggered();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    QRectF plotArea() const;
    QRectF legendRow(int row) const;
    QPointF toScreen(float x, float y) const;
    std::optional<std::size_t> pointNear(QPointF position, double radius) const;
    std::optional<std::size_t> indexOf(qint64 sample) const;
    std::optional<std::size_t> neighbour(std::size_t from, int key) const;
    std::optional<int> legendLabelAt(QPointF position) const;
    bool faint(int label) const;
    void drawPoints(QPainter& painter) const;
    void drawLegend(QPainter& painter) const;
    void drawFrames(QPainter& painter) const;
    void redrawPoints();
    void hover(qint64 sample);
    void zoom(double factor, QPointF about);
    void describe();

    std::shared_ptr<const EmbeddingRecord> embedding_;
    ViewState state_;
    StateLayer* stateLayer_;
    std::vector<int> classCounts_;
    std::set<int> emphasis_;
    qint64 selected_ = -1, hovered_ = -1;
    QRectF shown_{0, 0, 1, 1};  // of the embedding's plane
    QPixmap points_;            // cached, at device pixels
    std::optional<QPointF> dragFrom_;
    bool dragged_ = false;
};

}  // namespace maskscope
