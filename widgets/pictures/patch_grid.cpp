#include "widgets/pictures/patch_grid.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>

namespace maskscope {
namespace {

/// Both sides of an edge must be in the grid for it to count.
class HiddenCells {
public:
    HiddenCells(const PatchGrid& grid, const std::vector<std::uint8_t>& hidden) : grid_(grid), hidden_(hidden) {}

    bool at(int row, int column) const { return hidden_[static_cast<std::size_t>(row * grid_.columns + column)] != 0; }
    bool edgeAbove(int row, int column) const { return at(row - 1, column) != at(row, column); }
    bool edgeLeft(int row, int column) const { return at(row, column - 1) != at(row, column); }

private:
    const PatchGrid& grid_;
    const std::vector<std::uint8_t>& hidden_;
};

bool fits(const PatchGrid& grid, const std::vector<std::uint8_t>& hidden) {
    return !grid.isEmpty() && hidden.size() == static_cast<std::size_t>(grid.count());
}

/// Runs of true in 0 .. length - 1, each as [first, last + 1].
template <typename Test, typename Use>
void forRuns(int length, Test test, Use use) {
    for (int begin = 0; begin < length; ++begin) {
        if (!test(begin)) continue;
        int end = begin + 1;
        while (end < length && test(end)) ++end;
        use(begin, end);
        begin = end;
    }
}

}  // namespace

QRectF PatchGrid::rectOf(int patch, const QRectF& area) const {
    if (isEmpty() || !contains(patch)) return {};
    const qreal width = area.width() / columns, height = area.height() / rows;
    return {area.left() + columnOf(patch) * width, area.top() + rowOf(patch) * height, width, height};
}

int PatchGrid::patchAt(const QPointF& point, const QRectF& area) const {
    if (isEmpty() || area.isEmpty()) return -1;
    const int column = static_cast<int>(std::floor((point.x() - area.left()) / area.width() * columns));
    const int row = static_cast<int>(std::floor((point.y() - area.top()) / area.height() * rows));
    return row >= 0 && row < rows && column >= 0 && column < columns ? row * columns + column : -1;
}

int PatchGrid::nearestPatch(const QPointF& point, const QRectF& area) const {
    if (isEmpty() || area.isEmpty()) return -1;
    const int column = static_cast<int>(std::floor((point.x() - area.left()) / area.width() * columns));
    const int row = static_cast<int>(std::floor((point.y() - area.top()) / area.height() * rows));
    return std::clamp(row, 0, rows - 1) * columns + std::clamp(column, 0, columns - 1);
}

int PatchGrid::moved(int patch, int rowStep, int columnStep) const {
    if (isEmpty()) return -1;
    if (!contains(patch)) return 0;
    return std::clamp(rowOf(patch) + rowStep, 0, rows - 1) * columns + std::clamp(columnOf(patch) + columnStep, 0, columns - 1);
}

QString patchName(const PatchGrid& grid, int patch) {
    if (grid.isEmpty() || !grid.contains(patch)) return {};
    return QCoreApplication::translate("PatchGrid", "patch %1 · row %2, column %3")
        .arg(patch + 1)
        .arg(grid.rowOf(patch) + 1)
        .arg(grid.columnOf(patch) + 1);
}

QPainterPath regionOutline(const PatchGrid& grid, const std::vector<std::uint8_t>& hidden) {
    QPainterPath path;
    if (!fits(grid, hidden)) return path;
    const HiddenCells cells(grid, hidden);
    const auto line = [&path](int x1, int y1, int x2, int y2) {
        path.moveTo(x1, y1);
        path.lineTo(x2, y2);
    };
    for (int row = 1; row < grid.rows; ++row)
        forRuns(
            grid.columns, [&](int column) { return cells.edgeAbove(row, column); }, [&](int begin, int end) { line(begin, row, end, row); });
    for (int column = 1; column < grid.columns; ++column)
        forRuns(
            grid.rows, [&](int row) { return cells.edgeLeft(row, column); }, [&](int begin, int end) { line(column, begin, column, end); });
    return path;
}

QPainterPath regionArea(const PatchGrid& grid, const std::vector<std::uint8_t>& hidden) {
    QPainterPath path;
    if (!fits(grid, hidden)) return path;
    const HiddenCells cells(grid, hidden);
    for (int row = 0; row < grid.rows; ++row)
        forRuns(
            grid.columns, [&](int column) { return cells.at(row, column); }, [&](int begin, int end) { path.addRect(begin, row, end - begin, 1); });
    return path;
}

double hiddenShare(const std::vector<std::uint8_t>& hidden) {
    if (hidden.empty()) return 0.0;
    return static_cast<double>(std::count_if(hidden.begin(), hidden.end(), [](std::uint8_t value) { return value != 0; })) /
           static_cast<double>(hidden.size());
}

}  // namespace maskscope
