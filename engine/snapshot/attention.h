#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace maskscope {

/// Where a network looks when it computes one token of one image: all layers and heads at once. Plain data; layers, heads
/// and patches are counted from 0.
struct AttentionRecord {
    std::int64_t step = 0;               // of the weights that answered
    std::string network;                 // "encoder" or "decoder"
    std::int64_t layers = 0, heads = 0;  // of this network
    std::int64_t rows = 0, columns = 0;  // the patch grid: N = rows * columns
    std::int64_t prefixTokens = 0;       // class token and registers, before the patches
    bool hasClassToken = false;          // the first of the prefix tokens
    std::optional<std::int64_t> query;   // patch; none: the class token, or the mean over all queries where there is none
    std::vector<float> weights;          // [layers][heads][N]: attention of the query to each patch, 0..1; NaN: not seen
    std::vector<float> prefixWeights;    // [layers][heads]: what the query gives to all prefix tokens together; a row adds up to 1
    std::vector<float> meanDistance;     // [layers][heads] in patches, attention-weighted, mean over patch queries
    std::vector<float> entropyBits;      // [layers][heads], mean over patch queries; 0..log2(tokens)
    std::vector<float> rollout;          // [N] for the query through all layers (Abnar & Zuidema 2020, Sec. 4); empty: not asked for

    std::int64_t patches() const { return rows * columns; }
    std::size_t headIndex(std::int64_t layer, std::int64_t head) const { return static_cast<std::size_t>(layer * heads + head); }
    /// The first of the N weights of a head.
    const float* head(std::int64_t layer, std::int64_t head) const {
        return weights.data() + headIndex(layer, head) * static_cast<std::size_t>(patches());
    }
    bool empty() const { return weights.empty(); }
};

}  // namespace maskscope
