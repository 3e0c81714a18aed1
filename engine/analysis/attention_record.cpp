#include "analysis/attention_record.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <torch/torch.h>

#include "analysis/attention.h"
#include "core/error.h"

namespace maskscope {
namespace {

/// Where the tokens that a network saw lie: on the patch grid, or in a row.
struct SeenPatches {
    std::int64_t rows, columns, prefix;
    std::vector<std::int64_t> patches;  // patch number of each seen token, prefix tokens and padding left out

    /// Token behind the prefix, or none where the patch was hidden.
    std::optional<std::int64_t> tokenOf(std::int64_t patch) const {
        const auto place = std::find(patches.begin(), patches.end(), patch);
        if (place == patches.end()) return std::nullopt;
        return place - patches.begin();
    }

    /// [K, K] distances in patches.
    at::Tensor distances() const {
        const at::Tensor numbers = at::tensor(patches, at::kLong);
        const at::Tensor y = numbers.div(columns, "floor").to(at::kFloat), x = numbers.remainder(columns).to(at::kFloat);
        return at::hypot(y.unsqueeze(1) - y.unsqueeze(0), x.unsqueeze(1) - x.unsqueeze(0));
    }
};

SeenPatches seenPatches(const Features& features, const TokenSplit* split) {
    const Geometry& geometry = features.geometry;
    const auto& shape = geometry.shape;
    if ((geometry.kind != GeometryKind::Grid && geometry.kind != GeometryKind::Sequence) || shape.size() > 2)
        throw ShapeError("attention maps need patches on a plane or tokens in a row; this network's tokens lie otherwise");
    SeenPatches seen{shape.size() == 2 ? shape[0] : 1, shape.back(), features.prefixCount(), {}};
    if (features.dropped) {
        if (split == nullptr) throw ShapeError("the encoder dropped tokens, but it is not said which; give the mask's split");
        const at::Tensor visible = split->visible[0].contiguous();
        seen.patches.assign(visible.const_data_ptr<std::int64_t>(), visible.const_data_ptr<std::int64_t>() + visible.size(0));
    } else {
        const at::Tensor valid = geometry.valid.defined() ? geometry.valid[0].cpu() : at::Tensor();
        for (std::int64_t patch = 0; patch < seen.rows * seen.columns; ++patch)
            if (!valid.defined() || valid[patch].item<bool>()) seen.patches.push_back(patch);
    }
    return seen;
}

/// Without the padding, which no token looks at and which asks for nothing.
Features withoutPadding(Features features, const SeenPatches& seen) {
    const std::int64_t count = seen.prefix + static_cast<std::int64_t>(seen.patches.size());
    if (features.dropped || features.attentions.front().size(2) == count) return features;
    const at::Tensor tokens = at::cat({at::arange(seen.prefix, at::kLong), at::tensor(seen.patches, at::kLong) + seen.prefix});
    for (at::Tensor& attention : features.attentions) {
        const at::Tensor kept = tokens.to(attention.device());
        attention = attention.index_select(2, kept).index_select(3, kept);
    }
    return features;
}

/// The row of a query. @param attention [heads, L, L] @return [heads, L]
at::Tensor queryRow(const at::Tensor& attention, const SeenPatches& seen, std::optional<std::int64_t> token) {
    if (token) return attention.select(1, seen.prefix + *token);
    return seen.prefix > 0 ? attention.select(1, 0) : attention.mean(1);
}

void append(std::vector<float>& values, const at::Tensor& more) {
    const at::Tensor floats = more.to(at::kFloat).contiguous();
    values.insert(values.end(), floats.const_data_ptr<float>(), floats.const_data_ptr<float>() + floats.numel());
}

/// The numbers of the seen patches among all of them. @param values [heads, K] @return [heads, N], NaN where not seen
at::Tensor overAllPatches(const at::Tensor& values, const SeenPatches& seen) {
    const at::Tensor all = at::full({values.size(0), seen.rows * seen.columns}, std::numeric_limits<float>::quiet_NaN(), values.options());
    return all.index_copy(1, at::tensor(seen.patches, at::kLong), values);
}

void addLayer(AttentionRecord& record, const at::Tensor& attention, const SeenPatches& seen, std::optional<std::int64_t> token,
              const at::Tensor& distances) {
    const std::int64_t count = static_cast<std::int64_t>(seen.patches.size());
    const at::Tensor row = queryRow(attention, seen, token);
    append(record.weights, overAllPatches(row.narrow(1, seen.prefix, count), seen));
    append(record.prefixWeights, row.narrow(1, 0, seen.prefix).sum(1));
    const at::Tensor queries = attention.narrow(1, seen.prefix, count);  // [heads, K, L]
    const at::Tensor among = queries.narrow(2, seen.prefix, count);      // [heads, K, K]
    append(record.meanDistance, ((among * distances).sum(2) / among.sum(2).clamp_min(1e-12)).mean(1));
    append(record.entropyBits, -(queries * queries.clamp_min(1e-30).log2()).sum(2).mean(1));
}

}  // namespace

AttentionRecord attentionRecord(const Features& features, const TokenSplit* split, std::int64_t step, const AttentionAsked& asked) {
    if (features.attentions.empty()) throw UsageError(fmt::format("this {} has no attention to show", asked.network));
    const SeenPatches seen = seenPatches(features, split);
    std::optional<std::int64_t> token;
    if (asked.query) {
        const std::int64_t patches = seen.rows * seen.columns;
        if (*asked.query < 0 || *asked.query >= patches)
            throw UsageError(fmt::format("query patch {} does not exist; there are {}, counted from 0", *asked.query, patches));
        token = seen.tokenOf(*asked.query);
        if (!token)
            throw UsageError(features.dropped ? fmt::format("patch {} is hidden, and this {} sees visible patches only; choose a visible one",
                                                            *asked.query, asked.network)
                                              : fmt::format("token {} is padding; choose a token of the text", *asked.query));
    }
    AttentionRecord record{.step = step, .network = asked.network};
    record.layers = static_cast<std::int64_t>(features.attentions.size());
    record.heads = features.attentions.front().size(1);
    record.rows = seen.rows;
    record.columns = seen.columns;
    record.prefixTokens = seen.prefix;
    record.hasClassToken = seen.prefix > 0;
    record.query = asked.query;
    const at::Tensor distances = seen.distances();
    const Features real = withoutPadding(features, seen);
    for (const at::Tensor& layer : real.attentions) addLayer(record, layer[0], seen, token, distances);
    if (asked.rollout) append(record.rollout, overAllPatches(attentionMap(real, {.query = token, .rollout = true}).unsqueeze(0), seen));
    return record;
}

}  // namespace maskscope
