#pragma once

#include <QImage>
#include <QWidget>
#include <memory>
#include <vector>

#include "snapshot/mask_lab.h"
#include "widgets/pictures/cells.h"
#include "widgets/pictures/patch_grid.h"

namespace maskscope {

/// The sheet of a mask laboratory, painted: columns are strategies; rows are masks, then probability map and histograms.
class MaskLabSheetView : public QWidget, public CellSource {
    Q_OBJECT

public:
    explicit MaskLabSheetView(QWidget* parent = nullptr);

    void setImage(const QImage& image);
    void setSheet(std::shared_ptr<const MaskLabSheet> sheet);
    const MaskLabSheet* sheet() const { return sheet_.get(); }

    /// Masks in reading order.
    int cellCount() const override;
    QRect cellRect(int index) const override;
    QString cellName(int index) const override;
    QString cellDescription(int index) const override;
    bool isCellSelected(int index) const override { return index == current_; }
    void activateCell(int index) override;
    QWidget* cellWidget() override { return this; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void maskChosen(const std::vector<std::uint8_t>& hidden);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void updateHeight();
    int rows() const;
    int columns() const;
    PatchGrid grid() const;
    int side() const;
    int columnLeft(int column) const;
    int statisticsTop() const;
    QRect probabilityRect(int column) const;
    QRect histogramRect(int column, int which) const;
    int cellAt(const QPoint& point) const;
    const std::vector<std::uint8_t>* maskOf(int index) const;
    QString textAt(const QPoint& point) const;
    void paintColumn(QPainter& painter, int column) const;
    void paintMask(QPainter& painter, int index) const;
    void paintProbability(QPainter& painter, int column) const;
    void paintHistogram(QPainter& painter, int column, int which) const;

    std::shared_ptr<const MaskLabSheet> sheet_;
    QImage image_;
    int current_ = -1;
};

}  // namespace maskscope
