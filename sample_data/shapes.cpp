#include "sample_data/shapes.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace maskscope::sample_data {
namespace {

constexpr double kPi = std::numbers::pi;

struct Point {
    double x, y;
};

/// Signed distance to a closed polygon (even-odd rule).
template <std::size_t N>
double polygonDistance(const std::array<Point, N>& corners, double x, double y) {
    double nearest = 1e9;
    bool inside = false;
    for (std::size_t i = 0, j = N - 1; i < N; j = i++) {
        const Point a = corners[i], b = corners[j];
        const double ex = b.x - a.x, ey = b.y - a.y, px = x - a.x, py = y - a.y;
        const double along = std::clamp((px * ex + py * ey) / (ex * ex + ey * ey), 0.0, 1.0);
        nearest = std::min(nearest, std::hypot(px - along * ex, py - along * ey));
        if ((a.y > y) != (b.y > y) && x < (b.x - a.x) * (y - a.y) / (b.y - a.y) + a.x) inside = !inside;
    }
    return inside ? -nearest : nearest;
}

/// Corners on circles of the given radii, from the top clockwise.
template <std::size_t N>
std::array<Point, N> corners(double radius, double innerRadius) {
    std::array<Point, N> result{};
    for (std::size_t i = 0; i < N; ++i) {
        const double angle = 2 * kPi * static_cast<double>(i) / static_cast<double>(N), r = i % 2 == 0 ? radius : innerRadius;
        result[i] = {r * std::sin(angle), -r * std::cos(angle)};
    }
    return result;
}

double heartDistance(double x, double y) {
    // Inigo Quilez, 2D distance functions; moved and scaled to the unit disc.
    constexpr double kScale = 0.62;
    x = std::abs(x) * kScale;
    y = 0.55 - y * kScale;
    if (y + x > 1) return (std::hypot(x - 0.25, y - 0.75) - std::sqrt(2.0) / 4) / kScale;
    const double middle = std::max(x + y, 0.0) / 2;
    return std::min(std::hypot(x, y - 1), std::hypot(x - middle, y - middle)) * (x > y ? 1 : -1) / kScale;
}

double crescentDistance(double x, double y) {
    const double disc = std::hypot(x, y) - 0.98, bite = std::hypot(x - 0.5, y) - 0.76;
    return std::max(disc, -bite);
}

double boxDistance(double x, double y, double halfWidth, double halfHeight) {
    const double dx = std::abs(x) - halfWidth, dy = std::abs(y) - halfHeight;
    return std::hypot(std::max(dx, 0.0), std::max(dy, 0.0)) + std::min(std::max(dx, dy), 0.0);
}

double arrowDistance(double x, double y) {
    static constexpr std::array<Point, 7> kArrow{{{0, -1.0}, {0.82, -0.1}, {0.34, -0.1}, {0.34, 0.95}, {-0.34, 0.95}, {-0.34, -0.1}, {-0.82, -0.1}}};
    return polygonDistance(kArrow, x, y);
}

}  // namespace

double shapeDistance(int shape, double x, double y) {
    static const auto kHexagon = corners<6>(0.95, 0.95);
    static const auto kStar = corners<10>(1.08, 0.47);
    static constexpr std::array<Point, 3> kTriangle{{{0, -1.02}, {1.0, 0.72}, {-1.0, 0.72}}};
    switch (shape) {
        case 0:
            return arrowDistance(x, y);
        case 1:
            return crescentDistance(x, y);
        case 2:
            return std::min(boxDistance(x, y, 0.95, 0.33), boxDistance(x, y, 0.33, 0.95));
        case 3:
            return std::hypot(x, y) - 0.86;
        case 4:
            return heartDistance(x, y);
        case 5:
            return polygonDistance(kHexagon, x, y);
        case 6:
            return std::abs(std::hypot(x, y) - 0.7) - 0.26;
        case 7:
            return boxDistance(x, y, 0.76, 0.76);
        case 8:
            return polygonDistance(kStar, x, y) - 0.03;
        default:
            return polygonDistance(kTriangle, x, y);
    }
}

}  // namespace maskscope::sample_data
