#pragma once

#include <memory>
#include <string>

#include <torch/nn/modules/linear.h>

#include "heads/head.h"
#include "layers/position_table.h"
#include "layers/transformer.h"

namespace maskscope {

/// A transformer decoder: projects the features, puts a shared mask token with its position wherever the encoder dropped a
/// token, and predicts each token (MAE, He et al., CVPR 2022, Sec. 3). Class tokens run along and are not predicted.
class TransformerHead : public Head {
public:
    struct Params {
        TransformerParams transformer;
        std::string positions;
        static Params read(ParamReader& reader);
    };
    TransformerHead(const Params& params, const HeadContext& context);

    at::Tensor forward(const Features& features, const TokenSplit* split, TokenChoice rows) override;
    Features look(const Features& features, const TokenSplit* split, const Taps& taps) override;
    bool restoresDropped() const override { return true; }

private:
    /// Prefix and all N tokens after the last block. @return [B, R + N, D]
    at::Tensor runBlocks(const Features& features, const TokenSplit* split, const Taps& taps, Features& tapped);
    at::Tensor embedPrefix(const Features& features);
    /// Hidden tokens alone, which stand behind the visible ones: attention does not mind the order, and no other token need leave the
    /// last block. @return [B, M, D], as runBlocks() has them
    at::Tensor runHidden(const Features& features, const TokenSplit& split);

    torch::nn::Linear embed_, predict_;
    std::shared_ptr<PositionTable> positions_;
    std::shared_ptr<Transformer> transformer_;
    at::Tensor maskToken_;
    at::Tensor prefixPosition_;  // [D], the position of class tokens: zero as in MAE's table, or what an opened checkpoint says
};

}  // namespace maskscope
