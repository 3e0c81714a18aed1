#pragma once

#include <cstdint>

#include <torch/nn/module.h>
#include <torch/nn/modules/normalization.h>

#include "tensor/input_spec.h"

namespace maskscope {

/// What differs between embeddings of the BERT family.
struct TokenEmbeddingParams {
    std::int64_t positionOffset = 0;  // rows of the position table before the first token's; above 0, padding takes the last of them
    std::int64_t types = 0;           // rows of the token type table; 0: there is none
    double normEps = 1e-12;
    bool positions = true;       // whether there is a table of positions
    bool norm = true;            // whether a layer norm follows
    bool tokenDropout = false;   // mask tokens become 0, and the others are scaled up for it (ESM-2)
    bool zerosPadding = false;   // padding becomes 0 (ESM-2)
};

/// Turns token numbers into vectors: the token's, its position's and its type's are added, then normalised (Devlin et al.,
/// BERT, NAACL 2019, Sec. 3, 'Input/Output Representations'). With a position offset p as in RoBERTa (fairseq), the i-th real
/// token, counted from 0, has position p + i, and padding p - 1. With token dropout, a text of which the share r is masked has the
/// vectors of its other tokens multiplied by 0.88 / (1 - r): 0.12 are masked while training (Lin et al., ESM-2, Science 2023, and its
/// code).
class TokenEmbedding : public torch::nn::Module {
public:
    TokenEmbedding(const TextInput& input, std::int64_t width, const TokenEmbeddingParams& params);

    /// @param tokens     [B, N] int64, N at most the input's length
    /// @param real       [B, N] bool, false = padding; undefined: all are real
    /// @param types      [B, N] int64; undefined: all 0
    /// @param positions  [B, N] int64, rows of the position table; undefined: as said above
    /// @return           [B, N, D]
    at::Tensor forward(const at::Tensor& tokens, const at::Tensor& real, const at::Tensor& types = {}, const at::Tensor& positions = {});

    /// [V, D], for heads that share it.
    const at::Tensor& words() const { return words_; }

private:
    at::Tensor positionsOf(const at::Tensor& tokens, const at::Tensor& real) const;
    at::Tensor withoutMasked(const at::Tensor& vectors, const at::Tensor& tokens, const at::Tensor& real) const;

    TokenEmbeddingParams params_;
    std::int64_t maskToken_;
    at::Tensor words_, positions_, types_;
    torch::nn::LayerNorm norm_;
};

}  // namespace maskscope
