#pragma once

#include <memory>
#include <string>
#include <vector>

#include "families/opened_text.h"
#include "families/opened_vit.h"
#include "layers/transformer.h"

namespace maskscope {

/// What one of FLAVA's encoders says.
struct TowerStates {
    at::Tensor embedded;                         // [B, L, D] what enters the first block
    std::vector<at::Tensor> layers, attentions;  // of every block
    at::Tensor normed;                           // [B, L, D] after the final norm
    at::Tensor pooled;                           // [B, D]; undefined: there is no pooler

    /// What the next encoder takes: the last block's output without the final norm.
    const at::Tensor& last() const { return layers.empty() ? embedded : layers.back(); }
    /// Adds PREFIXlast_hidden_state, PREFIXpooler_output, PREFIXhidden_states.0, ..., PREFIXattentions.0, ...
    void addTo(NamedTensors& outputs, const std::string& prefix) const;
};

/// FLAVA's image encoder (Singh et al., CVPR 2022, Sec. 3.1): a ViT with a mask token and a pooler.
class FlavaImageTower {
public:
    /// @param prefix  of its tensors, "image_model." or none
    FlavaImageTower(ModelConfig config, const ModelConfig& whole, ModelWeights& weights, const std::string& prefix);
    /// @param hidden  [B, N] or [B, rows, columns], 1 = hidden; undefined: nothing is
    TowerStates see(const at::Tensor& pixels, const at::Tensor& hidden);

    const OpenedVit& vit() const { return *vit_; }
    const TransformerParams& params() const { return params_; }
    const std::string& statisticsFrom() const { return statisticsFrom_; }

private:
    TransformerParams params_;
    std::string statisticsFrom_;
    std::unique_ptr<OpenedVit> vit_;
    std::optional<OuterLinear> pooler_;
};

/// FLAVA's text encoder: a pre-norm transformer over embeddings as BERT has them.
std::unique_ptr<OpenedText> openFlavaTextTower(ModelConfig config, ModelWeights& weights, const std::string& prefix);
TowerStates textStates(OpenedText& text, const View& view);

/// FLAVA's multimodal encoder: a transformer over what the other two say, with a class token of its own.
class FlavaFusionTower {
public:
    FlavaFusionTower(ModelConfig config, ModelWeights& weights, const std::string& prefix);
    /// @param tokens  [B, L, D]
    /// @param real    [B, L + 1 with a class token] bool; undefined: all are real
    TowerStates see(const at::Tensor& tokens, const at::Tensor& real);

    bool hasClassToken() const { return cls_.defined(); }
    std::int64_t width() const { return params_.width; }
    std::int64_t depth() const { return params_.depth; }

private:
    TransformerParams params_;
    std::shared_ptr<Transformer> transformer_;
    at::Tensor cls_;  // [1, 1, D]; undefined: there is none
    std::optional<OuterLinear> pooler_;
};

}  // namespace maskscope
