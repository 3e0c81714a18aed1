#pragma once

#include <QImage>
#include <QPainterPath>
#include <QWidget>
#include <cstdint>
#include <vector>

#include "widgets/pictures/patch_grid.h"
#include "widgets/pictures/view_state.h"

namespace maskscope {

/// Around the picture of a tile, for the frame of a chosen one; device-independent pixels.
inline constexpr int kTileMargin = 3;

/// One picture on a grid of patches: image, hatch, outlines, frames and labels in one paintEvent. The image fills a rectangle that is
/// aligned to device pixels, a whole number of them a patch. Masks: 1 = hidden. Patch numbers count from 0; -1 is none.
class PictureTile : public QWidget {
    Q_OBJECT

public:
    /// How the image is scaled: photographs smoothly, maps with one value a patch sharply.
    enum class Scaling { Smooth, Nearest };
    /// How hidden regions are edged.
    enum class Outline { None, Light, Strong };

    explicit PictureTile(QWidget* parent = nullptr);

    void setImage(const QImage& image, Scaling scaling = Scaling::Smooth);
    const QImage& image() const { return image_; }
    void setGrid(const PatchGrid& grid);
    const PatchGrid& grid() const { return grid_; }
    /// @param hidden  rows * columns; of another length: nothing is hidden
    void setHidden(const std::vector<std::uint8_t>& hidden);
    void setHatched(bool hatched);
    bool isHatched() const { return hatched_; }
    void setOutline(Outline outline);
    void setGridLines(bool shown);
    /// Patches without a value: a well with one diagonal line. Same layout as a mask.
    void setNoValue(const std::vector<std::uint8_t>& noValue);

    void setHoveredPatch(int patch);
    void setSelectedPatch(int patch);
    void setQueryPatch(int patch);
    int hoveredPatch() const { return hovered_; }
    int selectedPatch() const { return selected_; }
    int queryPatch() const { return query_; }

    /// Frame and label of a view that shows what no model could know.
    void setLeaks(bool leaks);
    bool leaks() const { return leaks_; }
    /// The accent frame of a chosen tile.
    void setChosen(bool chosen);
    void setState(const ViewState& state);
    const ViewState& state() const { return state_; }

    /// Shows `other` right of a line that the mouse or Shift + arrows move. A null image ends it.
    void setWipe(const QImage& other, const QString& leftLabel, const QString& rightLabel);
    bool isWiping() const { return !wipe_.isNull(); }
    void setWipePosition(double position);
    double wipePosition() const { return wipePosition_; }

    /// The patches that a brush is about to change; `subtract` puts a minus at the pointer. Of another length than the grid: none.
    void setBrushPreview(const std::vector<std::uint8_t>& patches, bool subtract);
    /// While editing, patches are pressed and dragged over instead of clicked.
    void setEditing(bool editing);
    bool isEditing() const { return editing_; }

    /// What a screen reader says of the picture before the patch; the accessible name and the tooltip stay the caller's.
    void setDescription(const QString& description);

    /// Where the image is painted, in widget coordinates.
    QRectF pictureRect() const;
    int patchAt(const QPointF& point) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    bool hasHeightForWidth() const override { return !image_.isNull(); }
    int heightForWidth(int width) const override;

Q_SIGNALS:
    /// The patch under the pointer; -1 when it leaves.
    void patchHovered(int patch);
    /// A patch was clicked, or chosen by the keyboard (Enter).
    void patchClicked(int patch);
    /// The selection moved by arrow keys.
    void patchSelected(int patch);
    /// A click on the tile, wherever it was, or Enter; after patchClicked.
    void activated();
    void wipeMoved(double position);
    /// While editing. `subtract`: right button or Shift.
    void strokeStarted(int patch, bool subtract);
    void strokeMoved(int patch);
    void strokeEnded();
    void strokeCancelled();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void refreshPaths();
    void hoverAt(const QPointF& point);
    void dragWipe(const QPointF& point);
    bool movePatch(int key, Qt::KeyboardModifiers modifiers);
    void updateDescription();

    void paintPicture(QPainter& painter, const QRectF& area) const;
    void paintMask(QPainter& painter, const QRectF& area) const;
    void paintFrames(QPainter& painter, const QRectF& area) const;
    void paintWipe(QPainter& painter, const QRectF& area) const;
    void paintCover(QPainter& painter, const QRectF& area) const;

    QImage image_, wipe_;
    mutable QImage shown_;  // the image at the size it was painted last
    Scaling scaling_ = Scaling::Smooth;
    Outline outline_ = Outline::None;
    PatchGrid grid_;
    std::vector<std::uint8_t> hidden_, noValue_, preview_;
    QPainterPath outlinePath_, hiddenPath_, previewPath_;  // patch units, made once a mask
    QString description_, leftLabel_, rightLabel_;
    ViewState state_ = ViewState::ready();
    double wipePosition_ = 0.5;
    int hovered_ = -1, selected_ = -1, query_ = -1;
    bool hatched_ = false, gridLines_ = false, leaks_ = false, chosen_ = false, editing_ = false, subtract_ = false;
    bool stroking_ = false, wipeDragged_ = false;
};

}  // namespace maskscope
