#pragma once

#include <string>

#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include "heads/head.h"

namespace maskscope {

/// Predicts tokens of text as BERT and RoBERTa do: a linear map, an activation, a layer norm, then logits over the vocabulary whose
/// weights are the encoder's own token embedding (Devlin et al., BERT, NAACL 2019, and its code), with a bias a token.
class MaskedLanguageHead : public Head {
public:
    struct Params {
        double normEps = 1e-12;
        bool tied = true;
        std::string activation;
        static Params read(ParamReader& reader);
    };
    MaskedLanguageHead(const Params& params, const HeadContext& context);

    /// @throws ShapeError also if the weights are shared with an encoder that has no vocabulary of this size
    at::Tensor forward(const Features& features, const TokenSplit* split, TokenChoice rows) override;
    bool restoresDropped() const override { return false; }

private:
    Params params_;
    torch::nn::Linear dense_;
    torch::nn::LayerNorm norm_;
    at::Tensor decoder_;  // [V, D]; undefined where the encoder's is used
    at::Tensor bias_;     // [V]
};

}  // namespace maskscope
