#include "widgets/pictures/mask_brush.h"

#include <algorithm>
#include <cstdlib>

namespace maskscope {

MaskBrush::MaskBrush(QObject* parent) : QObject(parent) {
    pending_.setSingleShot(true);
    pending_.setTimerType(Qt::PreciseTimer);
    connect(&pending_, &QTimer::timeout, this, &MaskBrush::send);
}

void MaskBrush::setMask(const PatchGrid& grid, const std::vector<std::uint8_t>& hidden) {
    pending_.stop();
    stroking_ = false;
    grid_ = grid;
    hidden_ = hidden;
    if (grid.isEmpty())
        hidden_.clear();
    else if (hidden.size() != static_cast<std::size_t>(grid.count()))
        hidden_.assign(static_cast<std::size_t>(grid.count()), 0);
    Q_EMIT changed();
}

void MaskBrush::setTool(Tool tool) { tool_ = tool; }

void MaskBrush::setSize(int patches) { size_ = std::clamp(patches, 1, kMaxSize); }

void MaskBrush::press(int patch, bool subtract) {
    if (stroking_ || grid_.isEmpty() || !grid_.contains(patch)) return;
    stroking_ = true;
    visible_ = makesVisible(subtract);
    before_ = sent_ = hidden_;
    first_ = last_ = patch;
    announced_.invalidate();
    apply(patch);
}

void MaskBrush::drag(int patch) {
    if (!stroking_ || !grid_.contains(patch) || patch == last_) return;
    apply(patch);
    last_ = patch;
}

void MaskBrush::apply(int patch) {
    if (tool_ == Tool::Rectangle) {
        hidden_ = before_;
        fillRectangle(first_, patch);
    } else {
        // Fast strokes skip patches: stamp along the line between them.
        const int rows = grid_.rowOf(patch) - grid_.rowOf(last_), columns = grid_.columnOf(patch) - grid_.columnOf(last_);
        const int steps = std::max({std::abs(rows), std::abs(columns), 1});
        for (int step = 1; step <= steps; ++step) {
            const auto part = [&](int whole) { return (2 * whole * step + (whole >= 0 ? steps : -steps)) / (2 * steps); };
            stampSquare((grid_.rowOf(last_) + part(rows)) * grid_.columns + grid_.columnOf(last_) + part(columns));
        }
    }
    Q_EMIT changed();
    announce();
}

void MaskBrush::stampSquare(int patch) {
    const int before = (size_ - 1) / 2, after = size_ / 2;
    const int top = std::max(grid_.rowOf(patch) - before, 0), bottom = std::min(grid_.rowOf(patch) + after, grid_.rows - 1);
    const int left = std::max(grid_.columnOf(patch) - before, 0), right = std::min(grid_.columnOf(patch) + after, grid_.columns - 1);
    fillRectangle(top * grid_.columns + left, bottom * grid_.columns + right);
}

void MaskBrush::fillRectangle(int from, int to) {
    const auto [top, bottom] = std::minmax({grid_.rowOf(from), grid_.rowOf(to)});
    const auto [left, right] = std::minmax({grid_.columnOf(from), grid_.columnOf(to)});
    for (int row = top; row <= bottom; ++row)
        for (int column = left; column <= right; ++column) hidden_[static_cast<std::size_t>(row * grid_.columns + column)] = visible_ ? 0 : 1;
}

/// Now, or as soon as the interval since the last mask has passed.
void MaskBrush::announce() {
    const qint64 since = announced_.isValid() ? announced_.elapsed() : kDragIntervalMs;
    if (since >= kDragIntervalMs)
        send();
    else if (!pending_.isActive())
        pending_.start(kDragIntervalMs - static_cast<int>(since));
}

void MaskBrush::send() {
    pending_.stop();
    if (hidden_ == sent_) return;
    announced_.start();
    sent_ = hidden_;
    Q_EMIT maskEdited(std::vector<std::uint8_t>(sent_));  // a copy: a receiver may set another mask
}

void MaskBrush::release() {
    if (!stroking_) return;
    finish();
}

void MaskBrush::finish() {
    stroking_ = false;
    const std::vector<std::uint8_t> before = before_, after = hidden_;
    Q_EMIT changed();
    send();
    if (after != before) Q_EMIT strokeFinished(before, after);
}

void MaskBrush::cancel() {
    if (!stroking_) return;
    stroking_ = false;
    hidden_ = before_;
    Q_EMIT changed();
    send();
}

void MaskBrush::invert() {
    std::vector<std::uint8_t> inverted = hidden_;
    for (std::uint8_t& value : inverted) value = value != 0 ? 0 : 1;
    replace(inverted);
}

void MaskBrush::replace(const std::vector<std::uint8_t>& hidden) {
    if (hidden.size() != hidden_.size() || hidden.empty()) return;
    cancel();
    before_ = sent_ = hidden_;
    hidden_ = hidden;
    finish();
}

std::vector<std::uint8_t> MaskBrush::footprint(int patch) const {
    if (grid_.isEmpty() || !grid_.contains(patch)) return {};
    MaskBrush trial;
    trial.grid_ = grid_;
    trial.size_ = size_;
    trial.hidden_.assign(hidden_.size(), 0);
    if (tool_ == Tool::Rectangle)
        trial.fillRectangle(stroking_ ? first_ : patch, patch);
    else
        trial.stampSquare(patch);
    return trial.hidden_;
}

}  // namespace maskscope
