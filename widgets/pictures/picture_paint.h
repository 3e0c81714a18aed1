#pragma once

#include <QColor>
#include <QImage>
#include <QPainterPath>
#include <QRectF>
#include <QString>

#include "widgets/pictures/patch_grid.h"

class QPainter;

namespace maskscope {

/// Pieces that every picture is painted from. Areas are in the painter's coordinates; the pixel ratio is that of the painter's device.

/// The largest rectangle of a picture's shape inside `available`, centred, its corners on device pixels and a whole number of them a patch.
/// @param picture  its size; empty: `available` itself, aligned
/// @param grid     empty: no patches to align to
QRectF alignedPictureRect(const QRectF& available, const QSizeF& picture, const PatchGrid& grid, qreal ratio);

/// @param smooth  false: nearest neighbour, for maps with one value a pixel of the image
void paintImage(QPainter& painter, const QRectF& area, const QImage& image, bool smooth);

/// Hatch over an area given in patch units.
void paintHatch(QPainter& painter, const QRectF& area, const PatchGrid& grid, const QPainterPath& hidden);

enum class OutlineWeight { Light, Strong };
/// Edges of hidden regions, given in patch units. Small pictures get one white line.
void paintOutline(QPainter& painter, const QRectF& area, const PatchGrid& grid, const QPainterPath& edges, OutlineWeight weight);

/// All patch edges, faint.
void paintGrid(QPainter& painter, const QRectF& area, const PatchGrid& grid);

/// A well with one diagonal line: there is no value here.
void paintNoValue(QPainter& painter, const QRectF& rect);

void paintHoveredPatch(QPainter& painter, const QRectF& patch);
void paintSelectedPatch(QPainter& painter, const QRectF& patch);
void paintQueryPatch(QPainter& painter, const QRectF& patch);

/// A chosen tile: accent outside, white inside, so that it reads on any picture.
void paintChosenFrame(QPainter& painter, const QRectF& area);
/// The frame of a view that leaks, and its label unless the area is too small for it.
void paintLeaks(QPainter& painter, const QRectF& area);
/// A label inside a corner of a picture, on a backing of its own.
void paintCornerLabel(QPainter& painter, const QRectF& area, Qt::Corner corner, const QString& text, const QColor& color);
/// A key cap with one letter; right of `left`, centred on `row`. @return its rectangle
QRectF paintKeyCap(QPainter& painter, qreal left, const QRectF& row, const QString& key);
/// The ring of keyboard focus around something painted.
void paintFocusRing(QPainter& painter, const QRectF& area);
/// A map's bar with the numbers at its ends, right-aligned in `row`; what does not fit is left out.
void paintScaleBar(QPainter& painter, const QRectF& row, const QImage& bar, const QString& low, const QString& high);

}  // namespace maskscope
