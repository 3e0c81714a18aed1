#include "masks/mask_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "masks/mask_rows.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

enum class Token : char { Padding, Visible, Hidden };
using Place = std::array<std::int64_t, 3>;  // frame, row, column

Place placeOf(std::int64_t token, const MaskPlane& plane) {
    return {token / plane.cells(), token % plane.cells() / plane.columns, token % plane.columns};
}

std::vector<Token> readTokens(const at::Tensor& hidden, const at::Tensor& valid) {
    const at::Tensor values = hidden.cpu().to(at::kFloat).contiguous();
    const at::Tensor real = valid.defined() ? valid.cpu().to(at::kBool).contiguous() : at::Tensor();
    std::vector<Token> tokens(static_cast<std::size_t>(values.size(0)));
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        tokens[i] = values.const_data_ptr<float>()[i] > 0.5F ? Token::Hidden : Token::Visible;
        if (real.defined() && !real.const_data_ptr<bool>()[i]) tokens[i] = Token::Padding;
    }
    return tokens;
}

/// Size of the cluster that `start` belongs to; takes its tokens out of `open`.
std::int64_t takeCluster(std::int64_t start, std::vector<bool>& open, const MaskPlane& plane) {
    const Place sides{plane.frames, plane.rows, plane.columns}, strides{plane.cells(), plane.columns, 1};
    std::vector<std::int64_t> pending{start};
    open[static_cast<std::size_t>(start)] = false;
    std::int64_t size = 0;
    while (!pending.empty()) {
        const std::int64_t token = pending.back();
        pending.pop_back();
        ++size;
        const Place place = placeOf(token, plane);
        for (std::size_t side = 0; side < sides.size(); ++side)
            for (const std::int64_t step : {std::int64_t{-1}, std::int64_t{1}}) {
                const std::int64_t next = token + step * strides[side];
                if (place[side] + step < 0 || place[side] + step >= sides[side] || !open[static_cast<std::size_t>(next)]) continue;
                open[static_cast<std::size_t>(next)] = false;
                pending.push_back(next);
            }
    }
    return size;
}

std::vector<std::int64_t> clusterSizes(const std::vector<Token>& tokens, const MaskPlane& plane) {
    std::vector<bool> open(tokens.size());
    std::transform(tokens.begin(), tokens.end(), open.begin(), [](Token token) { return token == Token::Hidden; });
    std::vector<std::int64_t> sizes;
    for (std::size_t i = 0; i < open.size(); ++i)
        if (open[i]) sizes.push_back(takeCluster(static_cast<std::int64_t>(i), open, plane));
    std::sort(sizes.begin(), sizes.end(), std::greater<>());
    return sizes;
}

/// Distance from each hidden token to the nearest visible one.
std::vector<double> visibleDistances(const std::vector<Token>& tokens, const MaskPlane& plane) {
    std::vector<Place> visible;
    for (std::size_t i = 0; i < tokens.size(); ++i)
        if (tokens[i] == Token::Visible) visible.push_back(placeOf(static_cast<std::int64_t>(i), plane));
    std::vector<double> distances;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (tokens[i] != Token::Hidden) continue;
        const Place place = placeOf(static_cast<std::int64_t>(i), plane);
        double nearest = std::numeric_limits<double>::infinity();
        for (const Place& other : visible) {
            double squared = 0;
            for (std::size_t side = 0; side < place.size(); ++side) squared += std::pow(static_cast<double>(place[side] - other[side]), 2);
            nearest = std::min(nearest, squared);
        }
        distances.push_back(std::sqrt(nearest));
    }
    return distances;
}

}  // namespace

MaskStatistics maskStatistics(const at::Tensor& hidden, const Geometry& geometry, const at::Tensor& valid) {
    const MaskPlane plane = MaskPlane::of(geometry, "statistics");
    requireShape(hidden, {geometry.tokens()}, "mask");
    if (valid.defined()) requireShape(valid, {geometry.tokens()}, "valid tokens of the mask");
    const std::vector<Token> tokens = readTokens(hidden, valid);
    const auto real = tokens.size() - static_cast<std::size_t>(std::count(tokens.begin(), tokens.end(), Token::Padding));

    MaskStatistics statistics;
    statistics.hiddenCount = std::count(tokens.begin(), tokens.end(), Token::Hidden);
    if (statistics.hiddenCount == 0) return statistics;
    const auto hiddenTokens = static_cast<double>(statistics.hiddenCount);
    statistics.hiddenRatio = hiddenTokens / static_cast<double>(real);
    statistics.clusterSizes = clusterSizes(tokens, plane);
    statistics.meanClusterSize = hiddenTokens / static_cast<double>(statistics.clusterSizes.size());
    statistics.visibleDistances = visibleDistances(tokens, plane);
    const std::vector<double>& distances = statistics.visibleDistances;
    statistics.meanVisibleDistance = std::accumulate(distances.begin(), distances.end(), 0.0) / hiddenTokens;
    statistics.maxVisibleDistance = *std::max_element(distances.begin(), distances.end());
    return statistics;
}

at::Tensor hiddenProbability(const at::Tensor& hidden) {
    requireShape(hidden, {kAnySize, kAnySize}, "masks");
    return hidden.gt(0.5).to(at::kFloat).mean(0);
}

}  // namespace maskscope
