#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "core/param_reader.h"
#include "layers/attention.h"
#include "layers/relative_bias.h"
#include "layers/transformer.h"

namespace maskscope {

/// How attention over a grid knows the places of its tokens, beside what was added to the tokens themselves.
struct GridPlaceParams {
    std::string bias = "none";             // of scores by offset: none | block | shared | both
    bool rotary = false;                   // queries and keys turn with their place
    std::vector<std::int64_t> rotaryGrid;  // rows and columns whose steps are the unit of angles; empty: the grid's own
    double rotaryBase = 10000.0;

    static GridPlaceParams read(ParamReader& reader);
};

/// Relative biases (BEiT) and rotary angles (EVA-02) for the blocks of a transformer over a grid. Parameters: `shared` and
/// `bias<block>`, each a RelativeBias.
class GridPlaces : public torch::nn::Module {
public:
    /// @param prefix  tokens before the patches
    GridPlaces(const GridPlaceParams& params, std::int64_t rows, std::int64_t columns, std::int64_t prefix, const TransformerParams& transformer);

    /// What the blocks are told in one pass. Contexts must not outlive it, nor it the GridPlaces.
    class Pass {
    public:
        AttentionContext of(std::int64_t block) const;

    private:
        friend class GridPlaces;
        const GridPlaces* places_ = nullptr;
        at::Tensor keyReal_, indices_, shared_;
        Rotary rotary_;
    };
    /// @param x        [B, R + K, D], for its device
    /// @param keyReal  [B, R + K] bool; undefined: no padding
    /// @param indices  [B, K] int64, the patches that are there; undefined: all, in order
    Pass begin(const at::Tensor& x, const at::Tensor& keyReal, const at::Tensor& indices) const;

private:
    at::Tensor biasOf(RelativeBias& bias, const at::Tensor& indices) const;

    std::int64_t prefix_;
    bool rotary_;
    at::Tensor cosine_, sine_;  // [N, headWidth] on the CPU; no part of the state
    std::shared_ptr<RelativeBias> shared_;
    std::vector<std::shared_ptr<RelativeBias>> biases_;
};

}  // namespace maskscope
