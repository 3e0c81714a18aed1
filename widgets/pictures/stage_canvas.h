#pragma once

#include <QWidget>
#include <array>
#include <vector>

#include "widgets/pictures/mask_brush.h"
#include "widgets/pictures/picture_layers.h"
#include "widgets/pictures/picture_stage.h"
#include "widgets/pictures/picture_tile.h"

namespace maskscope {

/// The tiles of the stage with their captions: one large and the others small, or all alike.
class StageCanvas : public QWidget {
    Q_OBJECT

public:
    StageCanvas(MaskBrush& brush, QWidget* parent);

    /// @param layers  stays the caller's and outlives the canvas or the next call; null: nothing to show
    void setLayers(const PictureLayers* layers);
    void setMode(PictureStage::Mode mode);
    PictureStage::Mode mode() const { return mode_; }
    void setFocusedView(PictureView view);
    /// What is large; the prediction where the picture lacks what was chosen.
    PictureView focusedView() const;
    void setLeaking(bool leaking);
    void setGridShown(bool shown);
    void setOutlineShown(bool shown);
    void setBrushEnabled(bool enabled);
    bool isBrushEnabled() const { return brushEnabled_; }
    void setHeading(const QString& heading);
    /// What stands in the places of the model's answers while it gives none; ready: it gives them.
    void setNoAnswer(const ViewState& reason);
    /// The numbers at the ends of the residual's bar.
    void setResidualScale(ColorMap map, double high);

    void setHoveredPatch(int patch);
    void setSelectedPatch(int patch);
    void setQueryPatch(int patch);
    int selectedPatch() const;

    /// Shows the brush's mask in all tiles, whether or not the model has answered it.
    void refreshMask();
    PictureTile* tile(PictureView view) const { return tiles_[static_cast<std::size_t>(view)]; }

    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void patchHovered(int patch);
    void patchClicked(int patch);
    void focusRequested(maskscope::PictureView view);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void connectTile(PictureView view);
    void connectBrush(PictureTile* tile);
    void refreshTile(PictureView view);
    PictureTile::Outline outlineOf(PictureView view) const;
    std::vector<std::uint8_t> visiblePatches() const;
    void place();
    void placeFocus();
    QString nameOf(PictureView view) const;
    void placeBeside(const QRect& area, const QSize& large, const QSize& small);
    void placeBelow(const QRect& area, const QSize& large, const QSize& small);
    void placeSideBySide();
    QSize pictureSize(int width, int height) const;
    void setTile(PictureView view, const QPoint& corner, const QSize& size);
    void paintCaption(QPainter& painter, PictureView view) const;
    bool isLarge(PictureView view) const { return mode_ != PictureStage::Mode::SideBySide && view == focusedView(); }

    MaskBrush& brush_;
    const PictureLayers* layers_ = nullptr;
    std::vector<PictureView> views_{kPictureViews.begin(), kPictureViews.end()};  // of the picture
    std::array<PictureTile*, kMostPictureViews> tiles_{};
    std::array<QRect, kMostPictureViews> captions_{};
    PictureStage::Mode mode_ = PictureStage::Mode::Focus;
    PictureView focused_ = PictureView::Composite;
    ColorMap map_ = ColorMap::Viridis;
    double residualHigh_ = 0.5;
    QString heading_;
    ViewState noAnswer_ = ViewState::ready();
    QSize shape_;  // of the picture
    PatchGrid grid_;
    bool leaking_ = false, gridShown_ = false, outlineShown_ = true, brushEnabled_ = false;
};

}  // namespace maskscope
