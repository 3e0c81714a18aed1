#include "data/graphs/graph_layout.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace maskscope {
namespace {

constexpr std::int64_t kMostSteps = 400, kFewestSteps = 20, kMostPairs = 60'000'000;
constexpr double kMargin = 0.06;   // of the unit square, on every side
constexpr double kGravity = 0.06;  // pull to the middle, in units of the distance

std::vector<NodePlace> spiral(std::int64_t nodes) {
    std::vector<NodePlace> places;
    const double golden = std::numbers::pi * (3.0 - std::sqrt(5.0));
    for (std::int64_t i = 0; i < nodes; ++i) {
        const double radius = std::sqrt((static_cast<double>(i) + 0.5) / static_cast<double>(nodes)), angle = golden * static_cast<double>(i);
        places.push_back({radius * std::cos(angle), radius * std::sin(angle)});
    }
    return places;
}

/// How strongly each edge pulls: less where both ends have many edges, so that dense parts stay legible.
std::vector<double> strengths(std::int64_t nodes, const std::vector<GraphEdge>& edges) {
    std::vector<double> degrees(static_cast<std::size_t>(nodes), 0.0), result;
    for (const GraphEdge& edge : edges)
        for (const std::int32_t end : {edge.from, edge.to}) degrees[static_cast<std::size_t>(end)] += 1.0;
    for (const GraphEdge& edge : edges)
        result.push_back(1.0 / std::min(degrees[static_cast<std::size_t>(edge.from)], degrees[static_cast<std::size_t>(edge.to)]));
    return result;
}

/// The forces on all nodes. @param ideal  k, the length at which an edge is at rest
std::vector<NodePlace> forces(const std::vector<NodePlace>& places, const std::vector<GraphEdge>& edges, const std::vector<double>& strength,
                              double ideal) {
    std::vector<NodePlace> force(places.size(), {0.0, 0.0});
    for (std::size_t a = 0; a < places.size(); ++a) {
        for (std::size_t b = a + 1; b < places.size(); ++b) {
            const double dx = places[a].x - places[b].x, dy = places[a].y - places[b].y;
            const double push = ideal * ideal / std::max(dx * dx + dy * dy, 1e-9);
            force[a].x += dx * push, force[a].y += dy * push;
            force[b].x -= dx * push, force[b].y -= dy * push;
        }
        force[a].x -= kGravity * places[a].x, force[a].y -= kGravity * places[a].y;
    }
    for (std::size_t i = 0; i < edges.size(); ++i) {
        const auto a = static_cast<std::size_t>(edges[i].from), b = static_cast<std::size_t>(edges[i].to);
        const double dx = places[a].x - places[b].x, dy = places[a].y - places[b].y, pull = strength[i] * std::hypot(dx, dy) / ideal;
        force[a].x -= dx * pull, force[a].y -= dy * pull;
        force[b].x += dx * pull, force[b].y += dy * pull;
    }
    return force;
}

/// Brings the places into the unit square, each side by its own measure so that the square is filled, but never by more than
/// twice the other's: a chain stays a chain.
void fitSquare(std::vector<NodePlace>& places) {
    NodePlace low = places.front(), high = places.front();
    for (const NodePlace& place : places) {
        low = {std::min(low.x, place.x), std::min(low.y, place.y)};
        high = {std::max(high.x, place.x), std::max(high.y, place.y)};
    }
    const double larger = std::max({high.x - low.x, high.y - low.y, 1e-9});
    const double width = std::max(high.x - low.x, larger / 2), height = std::max(high.y - low.y, larger / 2), side = 1.0 - 2 * kMargin;
    for (NodePlace& place : places) {
        place.x = 0.5 + side * (place.x - (low.x + high.x) / 2) / width;
        place.y = 0.5 + side * (place.y - (low.y + high.y) / 2) / height;
    }
}

}  // namespace

std::vector<NodePlace> layoutGraph(std::int64_t nodes, const std::vector<GraphEdge>& edges) {
    if (nodes == 0) return {};
    std::vector<NodePlace> places = spiral(nodes);
    const std::vector<double> strength = strengths(nodes, edges);
    const double ideal = 1.0 / std::sqrt(static_cast<double>(nodes));
    const std::int64_t steps = edges.empty() ? 0 : std::clamp(kMostPairs / (nodes * nodes), kFewestSteps, kMostSteps);
    for (std::int64_t step = 0; step < steps; ++step) {
        const double longest = 0.25 * (1.0 - static_cast<double>(step) / static_cast<double>(steps));
        const std::vector<NodePlace> force = forces(places, edges, strength, ideal);
        for (std::size_t i = 0; i < places.size(); ++i) {
            const double length = std::hypot(force[i].x, force[i].y), scale = length > longest ? longest / length : 1.0;
            places[i].x += force[i].x * scale, places[i].y += force[i].y * scale;
        }
    }
    fitSquare(places);
    return places;
}

}  // namespace maskscope
