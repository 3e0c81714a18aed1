#pragma once

#include <QBrush>

namespace maskscope {

/// The hatch of hidden patches: opaque ground with lines at 45 degrees, the same in light and dark, stronger in high contrast.
/// The brush is made once for each pixel ratio, size and theme. Set the painter's brush origin to the corner of the picture,
/// so that the lines do not swim when it moves.
/// @param devicePixelRatio  of the widget that is painted
/// @param small             for tiles under 40 px: lines every 4 px instead of 6
QBrush hatchBrush(qreal devicePixelRatio, bool small);

/// The ground between the lines alone.
QColor hatchGround();

}  // namespace maskscope
