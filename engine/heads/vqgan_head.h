#pragma once

#include <memory>

#include "heads/head.h"
#include "layers/vq_networks.h"
#include "tensor/input_spec.h"

namespace maskscope {

/// The decoder of VQGAN (Esser et al., Taming Transformers, CVPR 2021, Sec. 3.1 and Appendix A): looks up the entry of each token's most
/// likely code in Features::vocabulary, and paints pixels from the entries. While training, the gradient passes to Features::local as if
/// nothing had been looked up (the straight-through estimator, Sec. 3.1).
class VqganHead : public Head {
public:
    struct Params {
        VqNetworkParams network;  // its latent width is D, that of the entries
        static Params read(ParamReader& reader) { return {VqNetworkParams::read(reader)}; }
    };
    /// @throws RecipeError if the target is not the pixels of a patch, or the levels do not fit the patches
    VqganHead(const Params& params, const HeadContext& context);

    /// @throws ShapeError if the features have no codebook of entries of width D
    at::Tensor forward(const Features& features, const TokenSplit* split, TokenChoice rows) override;
    bool restoresDropped() const override { return false; }

private:
    at::Tensor entriesOf(const Features& features) const;

    Params params_;
    ImageInput input_;
    std::shared_ptr<VqDecoder> network_;
};

}  // namespace maskscope
