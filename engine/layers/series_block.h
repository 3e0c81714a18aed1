#pragma once

#include <memory>

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

#include "layers/attention.h"
#include "layers/norm.h"
#include "layers/transformer.h"

namespace maskscope {

/// Transformer block over several series at once (Nie et al., PatchTST, ICLR 2023, Sec. 3.1): attention among the patches of each series, if
/// asked among the series at each time by the same attention, then an MLP. Parameters: norm1, attn, norm_across, norm2, fc1, fc2.
class SeriesBlock : public torch::nn::Module {
public:
    /// @param params       norms before or after (not within branches), their kind, activation, MLP; layer scale, gates and stochastic depth are
    ///                     not read
    /// @param acrossSeries whether series attend to each other too
    SeriesBlock(const TransformerParams& params, bool acrossSeries);

    /// @param x              [B, C, L, D]
    /// @param probabilities  receives [B C, heads, L, L] of the attention among patches if not null
    /// @param mlpOutput      receives what the MLP adds, [B, C, L, D], if not null
    at::Tensor forward(const at::Tensor& x, at::Tensor* probabilities, at::Tensor* mlpOutput);

private:
    /// x plus what `branch` makes of it, with the norm before or after. @param x [R, L, D]
    template <typename Branch>
    at::Tensor added(const at::Tensor& x, Norm& norm, Branch branch) const;

    TransformerParams params_;
    std::shared_ptr<Attention> attention_;
    std::shared_ptr<Norm> norm1_, normAcross_, norm2_;
    torch::nn::Linear fc1_, fc2_;
};

}  // namespace maskscope
