#include "widgets/pictures/color_map.h"

#include <QApplication>
#include <QEvent>
#include <QWidget>
#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace maskscope {
namespace {

/// Matplotlib's viridis (van der Walt and Smith, 2015) at ten evenly spaced places.
constexpr std::array<QRgb, 10> kViridis = {0xff440154, 0xff482878, 0xff3e4a89, 0xff31688e, 0xff26828e,
                                           0xff1f9e89, 0xff35b779, 0xff6dcd59, 0xffb4de2c, 0xfffde725};
/// Cividis: Nuñez, Anderton and Renslow, Optimizing colormaps with consideration for color vision deficiency, PLoS ONE 13(7), 2018.
constexpr std::array<QRgb, 10> kCividis = {0xff00224e, 0xff123570, 0xff3b496c, 0xff575d6d, 0xff707173,
                                           0xff8a8678, 0xffa59c74, 0xffc3b369, 0xffe1cc55, 0xfffee838};
/// From blue over white to red brown.
constexpr std::array<QRgb, 7> kDifference = {0xff2166ac, 0xff67a9cf, 0xffd1e5f0, 0xfff7f7f7, 0xfffdd0a2, 0xfff08a3c, 0xffa63603};

std::span<const QRgb> anchorsOf(ColorMap map) {
    switch (map) {
        case ColorMap::Viridis:
            return kViridis;
        case ColorMap::Cividis:
            return kCividis;
        case ColorMap::Difference:
            return kDifference;
    }
    return kViridis;
}

ColorMap currentHeatMap = ColorMap::Viridis;

int mixed(int from, int to, double share) { return static_cast<int>(std::lround(from + (to - from) * share)); }

}  // namespace

ColorMap heatMap() { return currentHeatMap; }

void setHeatMap(ColorMap map) {
    if (map == currentHeatMap || map == ColorMap::Difference) return;
    currentHeatMap = map;
    for (QWidget* widget : QApplication::allWidgets()) {
        QEvent changed(QEvent::PaletteChange);
        QApplication::sendEvent(widget, &changed);
    }
}

QRgb colorOf(ColorMap map, double unit) {
    if (std::isnan(unit)) return qRgba(0, 0, 0, 0);
    const auto anchors = anchorsOf(map);
    const double place = std::clamp(unit, 0.0, 1.0) * static_cast<double>(anchors.size() - 1);
    const std::size_t below = std::min(static_cast<std::size_t>(place), anchors.size() - 2);
    const double share = place - static_cast<double>(below);
    const QRgb a = anchors[below], b = anchors[below + 1];
    return qRgb(mixed(qRed(a), qRed(b), share), mixed(qGreen(a), qGreen(b), share), mixed(qBlue(a), qBlue(b), share));
}

QImage mapImage(const std::vector<float>& values, int rows, int columns, ColorMap map, double low, double high) {
    if (rows <= 0 || columns <= 0 || values.size() != static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns)) return {};
    constexpr int kLevels = 1024;  // finer than eight bits a channel can show
    std::array<QRgb, kLevels + 1> colors;
    for (int level = 0; level <= kLevels; ++level) colors[static_cast<std::size_t>(level)] = colorOf(map, level / double{kLevels});
    const double scale = high > low ? kLevels / (high - low) : 0.0;
    QImage image(columns, rows, QImage::Format_ARGB32_Premultiplied);
    for (int row = 0; row < rows; ++row) {
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(row));
        const float* value = values.data() + static_cast<std::size_t>(row) * static_cast<std::size_t>(columns);
        for (int column = 0; column < columns; ++column) {
            const double level = scale > 0.0 ? (double{value[column]} - low) * scale : kLevels / 2.0;
            line[column] = std::isnan(value[column]) ? qRgba(0, 0, 0, 0)
                                                     : colors[static_cast<std::size_t>(std::lround(std::clamp(level, 0.0, double{kLevels})))];
        }
    }
    return image;
}

QImage colorBar(ColorMap map, int width) {
    QImage bar(std::max(width, 1), 1, QImage::Format_RGB32);
    for (int x = 0; x < bar.width(); ++x) bar.setPixel(x, 0, colorOf(map, bar.width() > 1 ? x / double(bar.width() - 1) : 0.5));
    return bar;
}

}  // namespace maskscope
