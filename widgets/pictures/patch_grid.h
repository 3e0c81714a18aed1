#pragma once

#include <QPainterPath>
#include <QRectF>
#include <QString>
#include <cstdint>
#include <vector>

namespace maskscope {

/// A grid of patches: numbers from 0 in reading order inside the program, from 1 in what people read.
struct PatchGrid {
    int rows = 0;
    int columns = 0;

    int count() const { return rows * columns; }
    bool isEmpty() const { return rows <= 0 || columns <= 0; }
    bool contains(int patch) const { return patch >= 0 && patch < count(); }
    int rowOf(int patch) const { return patch / columns; }
    int columnOf(int patch) const { return patch % columns; }
    bool operator==(const PatchGrid&) const = default;

    /// Where a patch lies in a picture that fills `area`.
    QRectF rectOf(int patch, const QRectF& area) const;
    /// The patch under a point, -1 outside. The left and top edges belong to a patch, the right and bottom ones to the next.
    int patchAt(const QPointF& point, const QRectF& area) const;
    /// The patch whose square is nearest to a point; -1 for an empty grid.
    int nearestPatch(const QPointF& point, const QRectF& area) const;
    /// One step from a patch, staying inside. @return 0 where `patch` is none
    int moved(int patch, int rowStep, int columnStep) const;
};

/// "patch 75 · row 6, column 5", counted from 1.
QString patchName(const PatchGrid& grid, int patch);

/// Edges between hidden and visible patches, in patch units, runs of edges joined. The picture's own border is not an edge.
/// @param hidden  rows * columns, 1 = hidden; of another length: no edges
QPainterPath regionOutline(const PatchGrid& grid, const std::vector<std::uint8_t>& hidden);

/// The hidden patches as one area, in patch units.
QPainterPath regionArea(const PatchGrid& grid, const std::vector<std::uint8_t>& hidden);

/// Share of patches that are hidden, 0..1.
double hiddenShare(const std::vector<std::uint8_t>& hidden);

}  // namespace maskscope
