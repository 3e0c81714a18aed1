#include "masks/span_mask.h"

#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "masks/mask_rows.h"

namespace maskscope {
namespace {

/// An index, drawn with the given chances.
std::size_t drawIndex(RandomStream& stream, const std::vector<double>& chances) {
    double left = stream.uniform();
    for (std::size_t i = 0; i + 1 < chances.size(); ++i) {
        left -= chances[i];
        if (left < 0) return i;
    }
    return chances.size() - 1;
}

/// The words of one sample while spans are laid over them.
class Spans {
public:
    explicit Spans(std::vector<std::vector<std::int64_t>> words) : words_(std::move(words)), hidden_(words_.size(), false) {}

    /// Hides `length` words from one that is still visible, `missing` tokens at most.
    void lay(MaskRows& masks, std::size_t row, RandomStream& stream, std::int64_t length, std::int64_t& missing) {
        std::vector<std::size_t> visible;
        for (std::size_t i = 0; i < words_.size(); ++i)
            if (!hidden_[i]) visible.push_back(i);
        const std::size_t start = visible[stream.below(visible.size())];
        for (std::size_t i = start; i < words_.size() && i < start + static_cast<std::size_t>(length); ++i) {
            if (hidden_[i]) continue;
            hidden_[i] = true;
            for (const std::int64_t token : words_[i]) {
                if (missing == 0) return;
                masks.hide(row, token);
                --missing;
            }
        }
    }

private:
    std::vector<std::vector<std::int64_t>> words_;
    std::vector<bool> hidden_;
};

std::vector<std::vector<std::int64_t>> singly(const std::vector<std::int64_t>& tokens) {
    std::vector<std::vector<std::int64_t>> words;
    for (const std::int64_t token : tokens) words.push_back({token});
    return words;
}

}  // namespace

SpanMask::Params SpanMask::Params::read(ParamReader& reader) {
    Params params;
    params.ratio = reader.number("ratio", params.ratio, Range::inside(0, 1), "share of the tokens that is hidden");
    params.stop = reader.number("p", params.stop, Range::inside(0, 1), "chance that a span ends after each of its words");
    params.minLength = reader.integer("min_length", params.minLength, Range::atLeast(1), "words in the shortest span");
    params.maxLength = reader.integer("max_length", params.maxLength, Range::between(1, 1 << 16), "words in the longest span");
    params.wholeWords = reader.flag("whole_words", params.wholeWords, "spans consist of words where tokens have words; false: of tokens");
    if (!reader.isDocumenting() && params.minLength > params.maxLength)
        reader.fail("min_length", fmt::format("is {}, expected at most max_length, {}", params.minLength, params.maxLength));
    return params;
}

std::vector<double> SpanMask::lengthChances(const Params& params) {
    std::vector<double> chances;
    for (std::int64_t length = params.minLength; length <= params.maxLength; ++length)
        chances.push_back(std::pow(1.0 - params.stop, static_cast<double>(length - params.minLength)));
    const double sum = std::accumulate(chances.begin(), chances.end(), 0.0);
    for (double& chance : chances) chance /= sum;
    return chances;
}

std::vector<Mask> SpanMask::sample(const Geometry& geometry, const Signals&, const MaskDraw& draw) const {
    if (geometry.kind == GeometryKind::Graph || geometry.shape.size() != 1)
        throw ShapeError(fmt::format("mask 'span' needs tokens in a row, found {}; choose mask 'block' or 'random'",
                                     geometry.kind == GeometryKind::Graph ? "a graph" : fmt::format("a grid of {} sides", geometry.shape.size())));
    const std::vector<double> chances = lengthChances(params_);
    MaskRows masks(geometry, draw.samples.size());
    for (std::size_t row = 0; row < masks.rows(); ++row) {
        RandomStream stream = draw.stream(row);
        const std::vector<std::int64_t> real = masks.realTokens(row);
        std::int64_t missing = hiddenCount(params_.ratio, static_cast<std::int64_t>(real.size()));
        Spans spans(params_.wholeWords ? masks.words(row) : singly(real));
        while (missing > 0) spans.lay(masks, row, stream, params_.minLength + static_cast<std::int64_t>(drawIndex(stream, chances)), missing);
    }
    Mask mask;
    mask.hidden = masks.hidden();
    return {std::move(mask)};
}

}  // namespace maskscope
