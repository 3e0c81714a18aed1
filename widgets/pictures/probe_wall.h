#pragma once

#include <QAbstractScrollArea>
#include <QImage>
#include <QStringList>
#include <memory>
#include <vector>

#include "snapshot/picture.h"
#include "widgets/pictures/cells.h"
#include "widgets/pictures/picture_layers.h"
#include "widgets/pictures/view_state.h"

namespace maskscope {

class StateLayer;

/// Pinned samples with pinned masks, as the newest model fills them in: one widget, one atlas. Order stays as given; the worst is marked.
/// A wall with room to spare shows images together with the original and what was masked, and more of each text.
class ProbeWall : public QAbstractScrollArea, public CellSource {
    Q_OBJECT

public:
    using Pictures = std::shared_ptr<const std::vector<Picture>>;

    explicit ProbeWall(QWidget* parent = nullptr);

    /// @param captions  a name a picture; missing ones are numbered
    void setPictures(Pictures pictures, const QStringList& captions, qint64 step = -1);
    void setState(const ViewState& state);
    /// What is shown of each image: composite, masked, prediction or residual.
    void setView(PictureView view);
    PictureView view() const { return view_; }
    /// In the leaking position composites and residuals are framed and labelled; for comparison with a stage in that position.
    void setLeaking(bool leaking);
    void setResidualHigh(double high);

    void setSelected(int index);
    int selected() const { return selected_; }
    void setPinned(const std::vector<bool>& pinned);
    bool isPinned(int index) const;
    /// The picture with the highest loss, -1 where fewer than two have one.
    int worst() const { return worst_; }
    /// Mean loss over what is hidden; NaN where none is known.
    double lossOf(int index) const;
    int columns() const;
    /// What a cell shows side by side, the chosen view last.
    std::vector<PictureView> views() const;

    int cellCount() const override;
    QRect cellRect(int index) const override;
    QString cellName(int index) const override;
    QString cellDescription(int index) const override;
    bool isCellSelected(int index) const override { return index == selected_; }
    void activateCell(int index) override;
    QWidget* cellWidget() override { return viewport(); }

    QSize minimumSizeHint() const override;
    QSize sizeHint() const override;

Q_SIGNALS:
    void imageSelected(int index);
    void pinToggled(int index, bool pinned);
    void viewChanged();
    void actionTriggered();

protected:
    bool viewportEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Metrics;
    Metrics metrics() const;
    Metrics largest(int squares) const;
    int mostSquares() const;
    bool showsImages() const;
    bool showsTexts() const;
    void refreshLosses();
    void refreshAtlas(const Metrics& metrics);
    void refreshScroll();
    void place();
    int cellAt(const QPoint& point) const;
    void togglePin(int index);
    void paintCell(QPainter& painter, int index, const Metrics& metrics) const;
    void paintPictures(QPainter& painter, const Picture& picture, const QRectF& row) const;
    void paintImageCell(QPainter& painter, const ImagePicture& picture, PictureView view, const QRectF& cell) const;

    Pictures pictures_;
    QStringList captions_;
    std::vector<double> losses_;
    std::vector<bool> pinned_;
    QImage atlas_;       // a row a sample, as wide as a cell
    int atlasSide_ = 0;  // its height, device pixels; 0: to be made anew
    PictureView view_ = PictureView::Composite;
    double residualHigh_ = 0.5;
    bool leaking_ = false;
    int selected_ = -1, hovered_ = -1, worst_ = -1;
    qint64 step_ = -1;
    QWidget* switch_;
    StateLayer* stateLayer_;
};

}  // namespace maskscope
