#include "masks/random_mask.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "masks/mask_rows.h"

namespace maskscope {
namespace {

/// The tokens of every mask unit of a grid.
std::vector<std::vector<std::int64_t>> unitsOf(const Geometry& geometry, std::int64_t unit) {
    const MaskPlane plane = MaskPlane::of(geometry, "random");
    const std::int64_t unitRows = plane.rows == 1 ? 1 : unit;  // a sequence has no second side
    if (plane.rows % unitRows != 0 || plane.columns % unit != 0)
        throw ShapeError(fmt::format("mask.unit {} does not divide the token grid of {} x {}", unit, plane.rows, plane.columns));
    const std::int64_t across = plane.columns / unit, down = plane.rows / unitRows;
    std::vector<std::vector<std::int64_t>> units(static_cast<std::size_t>(plane.frames * down * across));
    for (std::int64_t token = 0; token < geometry.tokens(); ++token) {
        const std::int64_t frame = token / plane.cells(), row = token % plane.cells() / plane.columns, column = token % plane.columns;
        units[static_cast<std::size_t>((frame * down + row / unitRows) * across + column / unit)].push_back(token);
    }
    return units;
}

void hideUnits(MaskRows& masks, std::size_t row, RandomStream stream, double ratio, const std::vector<std::vector<std::int64_t>>& units) {
    std::vector<std::size_t> real;
    for (std::size_t i = 0; i < units.size(); ++i)
        for (const std::int64_t token : units[i])
            if (masks.isReal(row, token)) {
                real.push_back(i);
                break;
            }
    const auto order = stream.permutation(static_cast<std::int64_t>(real.size()));
    const auto count = static_cast<std::size_t>(hiddenCount(ratio, static_cast<std::int64_t>(real.size())));
    for (std::size_t i = 0; i < count; ++i)
        for (const std::int64_t token : units[real[static_cast<std::size_t>(order[i])]]) masks.hide(row, token);
}

void hideTokens(MaskRows& masks, std::size_t row, RandomStream stream, double ratio) {
    const std::vector<std::int64_t> real = masks.realTokens(row);
    const auto order = stream.permutation(static_cast<std::int64_t>(real.size()));
    const auto count = static_cast<std::size_t>(hiddenCount(ratio, static_cast<std::int64_t>(real.size())));
    for (std::size_t i = 0; i < count; ++i) masks.hide(row, real[static_cast<std::size_t>(order[i])]);
}

void hideWords(MaskRows& masks, std::size_t row, RandomStream stream, double ratio, std::vector<std::vector<std::int64_t>> words) {
    std::int64_t tokens = 0;
    for (const auto& word : words) tokens += static_cast<std::int64_t>(word.size());
    std::int64_t missing = hiddenCount(ratio, tokens);
    if (words.size() == 1) {
        words.clear();
        for (const std::int64_t token : masks.realTokens(row)) words.push_back({token});
    }
    bool any = false;
    for (const std::int64_t place : stream.permutation(static_cast<std::int64_t>(words.size()))) {
        const auto& word = words[static_cast<std::size_t>(place)];
        const auto count = static_cast<std::int64_t>(word.size());
        if (count > missing) continue;
        for (const std::int64_t token : word) masks.hide(row, token);
        missing -= count;
        any = true;
    }
    if (any) return;
    const auto fewer = [](const auto& a, const auto& b) { return a.size() < b.size(); };
    for (const std::int64_t token : *std::min_element(words.begin(), words.end(), fewer)) masks.hide(row, token);
}

}  // namespace

RandomMask::Params RandomMask::Params::read(ParamReader& reader) {
    Params params;
    params.ratio = reader.number("ratio", params.ratio, Range::inside(0, 1), "share of the tokens that is hidden");
    params.unit = reader.integer("unit", params.unit, Range::atLeast(1), "side of the squares of tokens that are hidden together");
    params.wholeWords = reader.flag("whole_words", params.wholeWords, "hide the tokens of a word together, where tokens have words");
    if (!reader.isDocumenting() && params.wholeWords && params.unit > 1) reader.fail("whole_words", "and unit exclude each other; choose one");
    return params;
}

std::vector<Mask> RandomMask::sample(const Geometry& geometry, const Signals&, const MaskDraw& draw) const {
    if (params_.wholeWords && !geometry.groups.defined())
        throw ShapeError("mask.whole_words is on, but these tokens belong to no words; it is for texts");
    MaskRows masks(geometry, draw.samples.size());
    const auto units = params_.unit > 1 ? unitsOf(geometry, params_.unit) : std::vector<std::vector<std::int64_t>>{};
    for (std::size_t row = 0; row < masks.rows(); ++row) {
        if (params_.wholeWords)
            hideWords(masks, row, draw.stream(row), params_.ratio, masks.words(row));
        else if (units.empty())
            hideTokens(masks, row, draw.stream(row), params_.ratio);
        else
            hideUnits(masks, row, draw.stream(row), params_.ratio, units);
    }
    Mask mask;
    mask.hidden = masks.hidden();
    return {std::move(mask)};
}

}  // namespace maskscope
