#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "tensor/geometry.h"

namespace maskscope {

/// What a pass should keep besides its result.
struct Taps {
    bool layers = false;      // what enters the first block, every block's output, and what its MLP adds
    bool attentions = false;  // every block's attention probabilities
};

/// What a network says about a view.
struct Features {
    at::Tensor tokens;                   // [B, K, D] where hidden tokens were dropped (K visible, in plan order), else [B, N, D]
    at::Tensor prefix;                   // [B, R, D] class and register tokens; undefined: none
    bool dropped = false;                // tokens holds the visible ones only
    at::Tensor places;                   // [B, K] int64, which tokens those are; undefined where nothing was dropped
    at::Tensor placesReal;               // [B, K] bool, false = padding; undefined: all rows are real
    Geometry geometry;                   // of all N tokens
    at::Tensor embedded;                 // [B, R + K, D] what enters the first block, with the layers
    std::vector<at::Tensor> layers;      // [B, R + K, D] after each block, if tapped
    std::vector<at::Tensor> mlps;        // [B, R + K, D] what each block's MLP adds to its input, with the layers
    std::vector<at::Tensor> maps;        // [B, h, w, D] after each stage of a network of convolutions, the finest first, 0 where hidden
    std::vector<at::Tensor> attentions;  // [B, heads, R + K, R + K] of each block, if tapped
    at::Tensor vocabulary;               // [V, D] the embedding of codes, for heads that share it; undefined: the input has no codes
    at::Tensor seen;                     // [B, N] int64 codes that the network saw in the end; undefined likewise
    at::Tensor local;                    // [B, N, C] what a first stage says of each token before any mask and context; undefined: there is none

    std::int64_t width() const { return tokens.size(-1); }
    std::int64_t prefixCount() const { return prefix.defined() ? prefix.size(1) : 0; }
};

}  // namespace maskscope
