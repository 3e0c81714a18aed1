#pragma once

#include <QImage>
#include <QWidget>
#include <memory>
#include <optional>
#include <utility>

#include "snapshot/attention.h"
#include "widgets/pictures/cells.h"

namespace maskscope {

/// Thumbnails of all attention heads, layer by layer, drawn from one atlas image; under each a bar for its mean attention distance.
/// Each head has its own scale, since here the form counts. Arrow keys move the selection.
class AttentionGrid : public QWidget, public CellSource {
    Q_OBJECT

public:
    explicit AttentionGrid(QWidget* parent = nullptr);

    /// Null: an empty grid. The selection stays where the new record has that head.
    void setAttention(std::shared_ptr<const AttentionRecord> attention);
    /// Counted from 0; does not signal.
    void setSelected(qint64 layer, qint64 head);
    qint64 selectedLayer() const { return layer_; }
    qint64 selectedHead() const { return head_; }

    /// The thumbnail of a head in pixels of this widget, whichever part of the grid is visible.
    QRect cellRect(qint64 layer, qint64 head) const;
    /// The same with its bar and, above it, the row of head names: what has to be in sight.
    QRect shownWith(qint64 layer, qint64 head) const;
    std::optional<std::pair<qint64, qint64>> headAt(QPoint position) const;
    /// One pixel a patch: heads side by side, layers below each other.
    const QImage& atlas() const { return atlas_; }

    int cellCount() const override;
    QRect cellRect(int index) const override;
    QString cellName(int index) const override;
    QString cellDescription(int index) const override;
    bool isCellSelected(int index) const override;
    void activateCell(int index) override;
    QWidget* cellWidget() override { return this; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

Q_SIGNALS:
    void headSelected(qint64 layer, qint64 head);

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void select(qint64 layer, qint64 head);
    void buildAtlas();
    void paintLayer(QPainter& painter, qint64 layer) const;
    void paintHeads(QPainter& painter) const;
    int cellSidePx(int width) const;
    int mostSidePx() const;
    int labelWidthPx() const;
    void describe();

    std::shared_ptr<const AttentionRecord> attention_;
    QImage atlas_;
    float greatestDistance_ = 1.0F;
    qint64 layer_ = 0, head_ = 0;
};

}  // namespace maskscope
