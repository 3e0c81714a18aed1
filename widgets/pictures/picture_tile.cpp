#include "widgets/pictures/picture_tile.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <algorithm>
#include <cmath>

#include "widgets/pictures/picture_paint.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr qreal kWipeReach = 8.0;  // px left and right of the line where it can be taken

bool subtracts(const QMouseEvent* event) { return event->button() == Qt::RightButton || event->modifiers().testFlag(Qt::ShiftModifier); }

}  // namespace

PictureTile::PictureTile(QWidget* parent) : QWidget(parent) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent, false);
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void PictureTile::setImage(const QImage& image, Scaling scaling) {
    const bool otherShape = image.size() != image_.size();
    image_ = image;
    scaling_ = scaling;
    shown_ = {};
    if (otherShape) updateGeometry();
    update();
}

void PictureTile::setGrid(const PatchGrid& grid) {
    if (grid == grid_) return;
    grid_ = grid;
    hidden_.clear();
    noValue_.clear();
    preview_.clear();
    hovered_ = grid_.contains(hovered_) ? hovered_ : -1;
    selected_ = grid_.contains(selected_) ? selected_ : -1;
    query_ = grid_.contains(query_) ? query_ : -1;
    refreshPaths();
    updateDescription();
}

void PictureTile::setHidden(const std::vector<std::uint8_t>& hidden) {
    if (hidden == hidden_) return;
    hidden_ = hidden;
    refreshPaths();
    updateDescription();
}

void PictureTile::setNoValue(const std::vector<std::uint8_t>& noValue) {
    noValue_ = noValue;
    update();
}

void PictureTile::setBrushPreview(const std::vector<std::uint8_t>& patches, bool subtract) {
    if (patches == preview_ && subtract == subtract_) return;
    preview_ = patches;
    subtract_ = subtract;
    refreshPaths();
}

void PictureTile::refreshPaths() {
    hiddenPath_ = regionArea(grid_, hidden_);
    outlinePath_ = regionOutline(grid_, hidden_);
    previewPath_ = regionArea(grid_, preview_).simplified();
    update();
}

void PictureTile::setHatched(bool hatched) {
    hatched_ = hatched;
    update();
}

void PictureTile::setOutline(Outline outline) {
    outline_ = outline;
    update();
}

void PictureTile::setGridLines(bool shown) {
    gridLines_ = shown;
    update();
}

void PictureTile::setHoveredPatch(int patch) {
    if (patch == hovered_) return;
    hovered_ = patch;
    update();
}

void PictureTile::setSelectedPatch(int patch) {
    if (patch == selected_) return;
    selected_ = patch;
    updateDescription();
    update();
}

void PictureTile::setQueryPatch(int patch) {
    if (patch == query_) return;
    query_ = patch;
    update();
}

void PictureTile::setLeaks(bool leaks) {
    leaks_ = leaks;
    updateDescription();
    update();
}

void PictureTile::setChosen(bool chosen) {
    chosen_ = chosen;
    update();
}

void PictureTile::setState(const ViewState& state) {
    if (state == state_) return;
    state_ = state;
    updateDescription();
    update();
}

void PictureTile::setWipe(const QImage& other, const QString& leftLabel, const QString& rightLabel) {
    wipe_ = other;
    leftLabel_ = leftLabel;
    rightLabel_ = rightLabel;
    wipeDragged_ = wipeDragged_ && isWiping();
    update();
}

void PictureTile::setWipePosition(double position) {
    wipePosition_ = std::clamp(position, 0.0, 1.0);
    update();
}

void PictureTile::setEditing(bool editing) {
    editing_ = editing;
    if (!editing) setBrushPreview({}, false);
    if (!editing && stroking_) {
        stroking_ = false;
        Q_EMIT strokeCancelled();
    }
    editing ? setCursor(Qt::CrossCursor) : unsetCursor();
}

void PictureTile::setDescription(const QString& description) {
    description_ = description;
    updateDescription();
}

void PictureTile::updateDescription() {
    QStringList parts;
    if (!description_.isEmpty()) parts << description_;
    if (leaks_) parts << tr("Leaks: rebuilt from the true statistics.");
    if (!grid_.isEmpty() && hidden_.size() == static_cast<std::size_t>(grid_.count()))
        parts << tr("%1 of %2 patches hidden.").arg(std::count_if(hidden_.begin(), hidden_.end(), [](auto v) { return v != 0; })).arg(grid_.count());
    if (grid_.contains(selected_)) {
        const bool isHidden = static_cast<std::size_t>(selected_) < hidden_.size() && hidden_[static_cast<std::size_t>(selected_)] != 0;
        parts << tr("Selected: %1, %2.").arg(patchName(grid_, selected_), isHidden ? tr("hidden") : tr("visible"));
    }
    if (state_.coversContent()) parts = QStringList{state_.title, state_.hint};
    if (!state_.label().isEmpty()) parts << state_.label();
    setAccessibleDescription(parts.join(QChar(u' ')));
}

QRectF PictureTile::pictureRect() const {
    const QRectF inner = QRectF(rect()).adjusted(kTileMargin, kTileMargin, -kTileMargin, -kTileMargin);
    const QSizeF shape = image_.isNull() ? QSizeF(1, 1) : QSizeF(image_.size());
    return alignedPictureRect(inner, shape, grid_, devicePixelRatioF());
}

int PictureTile::patchAt(const QPointF& point) const { return grid_.patchAt(point, pictureRect()); }

QSize PictureTile::sizeHint() const { return {scaled(126), scaled(126)}; }

QSize PictureTile::minimumSizeHint() const { return {scaled(24), scaled(24)}; }

int PictureTile::heightForWidth(int width) const {
    if (image_.isNull()) return width;
    return (width - 2 * kTileMargin) * image_.height() / image_.width() + 2 * kTileMargin;
}

void PictureTile::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) update();
    QWidget::changeEvent(event);
}

void PictureTile::hoverAt(const QPointF& point) {
    const int patch = patchAt(point);
    if (patch == hovered_) return;
    setHoveredPatch(patch);
    Q_EMIT patchHovered(patch);
}

void PictureTile::dragWipe(const QPointF& point) {
    const QRectF area = pictureRect();
    if (area.isEmpty()) return;
    setWipePosition((point.x() - area.left()) / area.width());
    Q_EMIT wipeMoved(wipePosition_);
}

void PictureTile::mousePressEvent(QMouseEvent* event) {
    const QRectF area = pictureRect();
    const qreal line = area.left() + wipePosition_ * area.width();
    if (isWiping() && event->button() == Qt::LeftButton && std::abs(event->position().x() - line) <= scaled(kWipeReach)) {
        wipeDragged_ = true;
        return;
    }
    const int patch = patchAt(event->position());
    if (stroking_) {  // a second button takes the stroke back
        stroking_ = false;
        Q_EMIT strokeCancelled();
    } else if (editing_ && patch >= 0) {
        stroking_ = true;
        Q_EMIT strokeStarted(patch, subtracts(event));
    } else if (event->button() == Qt::LeftButton) {
        if (patch >= 0) Q_EMIT patchClicked(patch);
        Q_EMIT activated();
    } else {
        QWidget::mousePressEvent(event);
    }
}

void PictureTile::mouseMoveEvent(QMouseEvent* event) {
    if (wipeDragged_) return dragWipe(event->position());
    if (stroking_) {
        Q_EMIT strokeMoved(grid_.nearestPatch(event->position(), pictureRect()));
        setHoveredPatch(patchAt(event->position()));
        return;
    }
    if (isWiping() && !editing_) {
        const QRectF area = pictureRect();
        const bool onLine = std::abs(event->position().x() - area.left() - wipePosition_ * area.width()) <= scaled(kWipeReach);
        onLine ? setCursor(Qt::SplitHCursor) : unsetCursor();
    }
    hoverAt(event->position());
}

void PictureTile::mouseReleaseEvent(QMouseEvent*) {
    wipeDragged_ = false;
    if (!stroking_) return;
    stroking_ = false;
    Q_EMIT strokeEnded();
}

void PictureTile::leaveEvent(QEvent* event) {
    if (hovered_ >= 0 && !stroking_) {
        setHoveredPatch(-1);
        Q_EMIT patchHovered(-1);
    }
    QWidget::leaveEvent(event);
}

bool PictureTile::movePatch(int key, Qt::KeyboardModifiers modifiers) {
    const int rowStep = key == Qt::Key_Down ? 1 : key == Qt::Key_Up ? -1 : 0;
    const int columnStep = key == Qt::Key_Right ? 1 : key == Qt::Key_Left ? -1 : 0;
    if (rowStep == 0 && columnStep == 0) return false;
    if (isWiping() && modifiers.testFlag(Qt::ShiftModifier) && columnStep != 0) {
        setWipePosition(wipePosition_ + columnStep * 0.02);
        Q_EMIT wipeMoved(wipePosition_);
        return true;
    }
    if (grid_.isEmpty()) return false;
    setSelectedPatch(grid_.moved(selected_, rowStep, columnStep));
    Q_EMIT patchSelected(selected_);
    return true;
}

void PictureTile::keyPressEvent(QKeyEvent* event) {
    const int key = event->key();
    if (movePatch(key, event->modifiers())) return;
    if (stroking_ && key == Qt::Key_Escape) {
        stroking_ = false;
        Q_EMIT strokeCancelled();
    } else if (editing_ && key == Qt::Key_Space && grid_.contains(selected_)) {
        Q_EMIT strokeStarted(selected_, event->modifiers().testFlag(Qt::ShiftModifier));
        Q_EMIT strokeEnded();
    } else if (key == Qt::Key_Return || key == Qt::Key_Enter) {
        if (grid_.contains(selected_)) Q_EMIT patchClicked(selected_);
        Q_EMIT activated();
    } else {
        QWidget::keyPressEvent(event);
    }
}

}  // namespace maskscope
