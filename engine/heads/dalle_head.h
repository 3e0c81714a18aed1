#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "heads/head.h"
#include "layers/dalle_block.h"
#include "tensor/input_spec.h"

namespace maskscope {

/// The decoder of DALL-E's discrete autoencoder (Ramesh et al., ICML 2021, Sec. 2.1 and Appendix A.1): picks a code for every token
/// from its logits, and paints pixels from the codes' vectors with groups of residual blocks of falling width, doubling the sides between
/// them.
///
/// While training, codes are drawn by the Gumbel-softmax (Jang et al., ICLR 2017; Maddison et al., ICLR 2017): softmax of
/// (logits + Gumbel noise) / temperature, rounded to one code on the way forward with `hard` (the straight-through estimator).
/// In evaluation it is the most likely code, without noise.
class DalleHead : public Head {
public:
    struct Params {
        std::int64_t codeWidth = 128;  // of the codes' vectors
        std::int64_t width = 256;      // channels of the last group; earlier ones are wider by powers of two
        std::int64_t blocks = 2;       // residual blocks a group
        double temperature = 1.0;
        bool hard = true;
        static Params read(ParamReader& reader);
    };
    /// @throws RecipeError if the target is not the pixels of a patch
    DalleHead(const Params& params, const HeadContext& context);

    at::Tensor forward(const Features& features, const TokenSplit* split, TokenChoice rows) override;
    bool restoresDropped() const override { return false; }

    /// A distribution over the codes for every token, one-hot where `hard` or in evaluation.
    /// @param logits  [B, N, V]   @return the same shape
    at::Tensor pick(const at::Tensor& logits) const;

private:
    Params params_;
    ImageInput input_;
    torch::nn::Linear codebook_ = nullptr;
    std::vector<std::shared_ptr<DalleBlock>> blocks_;
    torch::nn::Conv2d predict_ = nullptr;
};

}  // namespace maskscope
