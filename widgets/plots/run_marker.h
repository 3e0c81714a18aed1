#pragma once

#include <QPainterPath>
#include <QPen>

#include "widgets/theme/theme.h"

namespace maskscope {

/// The outline of a run's marker around (0, 0), to be filled; crosses are closed shapes too.
/// @param marker  RunStyle::marker, 0..7 @param size  of the square that holds it
QPainterPath markerPath(int marker, qreal size);

/// A line in a run's colour and dash. @param width  px; dashes keep their length in px whatever the width
QPen runPen(const RunStyle& style, qreal width);
/// A solid or dashed line. @param dashPx  px on and off in turn; empty: solid
QPen dashedPen(const QColor& color, qreal width, const QVector<qreal>& dashPx);

/// Validation curves, whatever run.
QVector<qreal> validationDash();
/// Reference lines: mean patch, nearest visible, smooth inpainting. @param index  0..2 in this order
QVector<qreal> referenceDash(int index);

}  // namespace maskscope
