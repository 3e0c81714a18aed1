#pragma once

#include <QImage>
#include <vector>

namespace maskscope {

/// How a number becomes a colour. Viridis and Cividis grow in lightness from 0 to 1; Difference is symmetric about 0.5.
enum class ColorMap { Viridis, Cividis, Difference };

/// The map of residuals, attention and probabilities all over the window: Viridis or Cividis.
ColorMap heatMap();
/// Reaches every widget as a QEvent::PaletteChange. @param map  Viridis or Cividis
void setHeatMap(ColorMap map);

/// The colour of a value, linear between the map's anchors.
/// @param unit  0..1, cut to that range; NaN: transparent, since "no value" is never a colour of the map
QRgb colorOf(ColorMap map, double unit);

/// Values on a grid, one pixel a cell; to be scaled with nearest neighbour.
/// @param values  rows * columns, row-major; NaN gives a transparent pixel
/// @param low, high  the ends of the map; equal ends give its middle
/// @return  columns x rows, ARGB32 premultiplied; a null image if the count of values does not fit
QImage mapImage(const std::vector<float>& values, int rows, int columns, ColorMap map, double low, double high);

/// The bar that belongs beside a map: left is the lowest value. One pixel high.
QImage colorBar(ColorMap map, int width);

}  // namespace maskscope
