#include "masks/mask_rows.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include "core/error.h"
#include "tensor/shape.h"

namespace maskscope {

std::int64_t hiddenCount(double ratio, std::int64_t tokens) {
    if (tokens < 2) throw ShapeError(fmt::format("a sample has {} places to mask, expected at least 2: one to hide and one to see", tokens));
    return std::clamp<std::int64_t>(std::lround(ratio * static_cast<double>(tokens)), 1, tokens - 1);
}

MaskPlane MaskPlane::of(const Geometry& geometry, const char* strategy) {
    const auto& shape = geometry.shape;
    const bool isPlane = geometry.kind == GeometryKind::Grid || geometry.kind == GeometryKind::Sequence;
    if (!isPlane || shape.empty() || shape.size() > 3)
        throw ShapeError(fmt::format("mask '{}' needs tokens on a grid of 1 to 3 sides, found {}; choose mask 'random'", strategy,
                                     isPlane ? fmt::format("{} sides", shape.size()) : "a set or a graph"));
    if (shape.size() == 1) return {1, 1, shape[0]};
    if (shape.size() == 2) return {1, shape[0], shape[1]};
    return {shape[0], shape[1], shape[2]};
}

MaskRows::MaskRows(const Geometry& geometry, std::size_t rows) : rows_(rows), tokens_(geometry.tokens()) {
    const auto batch = static_cast<std::size_t>(std::max<std::int64_t>(geometry.batch, 0));
    if (batch == 0 || rows % batch != 0) throw ShapeError(fmt::format("{} masks for a batch of {}: expected a multiple of the batch", rows, batch));
    copies_ = rows / batch;
    if (const at::Tensor& hideable = geometry.hideable(); hideable.defined()) {
        requireShape(hideable, {geometry.batch, tokens_}, "hideable tokens of the geometry");
        hideable_ = hideable.cpu().to(at::kBool).contiguous();
    }
    if (geometry.groups.defined()) {
        requireShape(geometry.groups, {geometry.batch, tokens_}, "groups of the geometry");
        groups_ = geometry.groups.cpu().to(at::kLong).contiguous();
    }
    hidden_ = at::zeros({static_cast<std::int64_t>(rows), tokens_}, at::kFloat);
}

bool MaskRows::isReal(std::size_t row, std::int64_t token) const {
    return !hideable_.defined() ||
           hideable_.const_data_ptr<bool>()[row / copies_ * static_cast<std::size_t>(tokens_) + static_cast<std::size_t>(token)];
}

std::vector<std::int64_t> MaskRows::realTokens(std::size_t row) const {
    std::vector<std::int64_t> real;
    real.reserve(static_cast<std::size_t>(tokens_));
    for (std::int64_t token = 0; token < tokens_; ++token)
        if (isReal(row, token)) real.push_back(token);
    return real;
}

std::vector<std::vector<std::int64_t>> MaskRows::words(std::size_t row) const {
    const std::int64_t* groups =
        groups_.defined() ? groups_.const_data_ptr<std::int64_t>() + row / copies_ * static_cast<std::size_t>(tokens_) : nullptr;
    std::vector<std::vector<std::int64_t>> words;
    for (const std::int64_t token : realTokens(row)) {
        const bool goesOn = groups != nullptr && !words.empty() && words.back().back() + 1 == token && groups[token] == groups[token - 1];
        if (!goesOn) words.emplace_back();
        words.back().push_back(token);
    }
    return words;
}

std::vector<bool> MaskRows::realCells(std::size_t row, const MaskPlane& plane) const {
    std::vector<bool> real(static_cast<std::size_t>(plane.cells()), false);
    for (std::int64_t token = 0; token < tokens_; ++token)
        if (isReal(row, token)) real[static_cast<std::size_t>(token % plane.cells())] = true;
    return real;
}

void MaskRows::hide(std::size_t row, std::int64_t token) {
    if (isReal(row, token)) hidden_.mutable_data_ptr<float>()[row * static_cast<std::size_t>(tokens_) + static_cast<std::size_t>(token)] = 1.0F;
}

void MaskRows::hideCell(std::size_t row, const MaskPlane& plane, std::int64_t cell) {
    for (std::int64_t frame = 0; frame < plane.frames; ++frame) hide(row, frame * plane.cells() + cell);
}

}  // namespace maskscope
