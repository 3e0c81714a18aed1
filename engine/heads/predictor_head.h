#pragma once

#include <memory>
#include <string>

#include <torch/nn/modules/linear.h>

#include "heads/head.h"
#include "layers/position_table.h"
#include "layers/transformer.h"

namespace maskscope {

/// Predicts what lies at given places from what the encoder saw elsewhere (Assran et al., I-JEPA, CVPR 2023, Sec. 3 'Prediction'): the features of
/// visible tokens and one mask token for each place that is asked for, both with their positions, run through a transformer; places that
/// nobody asks for are not there. The encoder may have dropped tokens under another mask than the one that says what is asked for. Class
/// tokens are not seen.
class PredictorHead : public Head {
public:
    struct Params {
        TransformerParams transformer;
        std::string positions;
        static Params read(ParamReader& reader);
    };
    PredictorHead(const Params& params, const HeadContext& context);

    /// @param split  of the mask whose hidden (or visible) places are predicted
    at::Tensor forward(const Features& features, const TokenSplit* split, TokenChoice rows) override;
    bool restoresDropped() const override { return true; }

private:
    torch::nn::Linear embed_, predict_;
    std::shared_ptr<PositionTable> positions_;
    std::shared_ptr<Transformer> transformer_;
    at::Tensor maskToken_;  // [D]
};

}  // namespace maskscope
