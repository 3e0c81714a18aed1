#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <cstdint>
#include <vector>

#include "widgets/pictures/patch_grid.h"

namespace maskscope {

/// Edits a mask patch by patch: strokes, rectangles, inversion. Knows no widget: patches come in, masks go out. 1 = hidden.
class MaskBrush : public QObject {
    Q_OBJECT

public:
    enum class Tool { Paint, Erase, Rectangle };
    static constexpr int kMaxSize = 9;
    /// While a stroke lasts, masks go out at most this often.
    static constexpr int kDragIntervalMs = 30;

    explicit MaskBrush(QObject* parent = nullptr);

    /// The mask to edit; ends a stroke without a signal. Of another length than the grid: all visible.
    void setMask(const PatchGrid& grid, const std::vector<std::uint8_t>& hidden);
    const PatchGrid& grid() const { return grid_; }
    const std::vector<std::uint8_t>& hidden() const { return hidden_; }

    void setTool(Tool tool);
    Tool tool() const { return tool_; }
    /// Side of the brush in patches, 1..kMaxSize.
    void setSize(int patches);
    int size() const { return size_; }

    /// @param subtract  makes visible what the tool would hide, and the other way round
    void press(int patch, bool subtract);
    void drag(int patch);
    void release();
    /// Takes the stroke back.
    void cancel();
    bool isStroking() const { return stroking_; }
    /// True while a stroke makes patches visible.
    bool isErasing() const { return stroking_ && visible_; }

    void invert();
    /// Replaces the mask as one stroke. Of another length than the grid: nothing happens.
    void replace(const std::vector<std::uint8_t>& hidden);

    /// The patches that a press at `patch` would touch, or the rectangle of the running stroke.
    std::vector<std::uint8_t> footprint(int patch) const;
    /// True where a press makes patches visible.
    bool makesVisible(bool subtract) const { return (tool_ == Tool::Erase) != subtract; }

Q_SIGNALS:
    /// The mask changed on the screen; every change.
    void changed();
    /// The mask to ask the model about: at once, while a stroke lasts at most every 30 ms, and at its end; never the same mask twice in a stroke.
    void maskEdited(const std::vector<std::uint8_t>& hidden);
    /// A stroke that changed something ended; for undo.
    void strokeFinished(const std::vector<std::uint8_t>& before, const std::vector<std::uint8_t>& after);

private:
    void apply(int patch);
    void stampSquare(int patch);
    void fillRectangle(int from, int to);
    void announce();
    void send();
    void finish();

    PatchGrid grid_;
    std::vector<std::uint8_t> hidden_, before_, sent_;
    Tool tool_ = Tool::Paint;
    int size_ = 1;
    int first_ = -1, last_ = -1;
    bool stroking_ = false, visible_ = false;
    QElapsedTimer announced_;
    QTimer pending_;
};

}  // namespace maskscope
