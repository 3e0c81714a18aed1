#pragma once

#include <memory>
#include <string>

#include "encoders/encoder.h"
#include "layers/codebook.h"
#include "layers/vq_networks.h"

namespace maskscope {

/// The encoder of VQGAN and its codebook (Esser et al., Taming Transformers for High-Resolution Image Synthesis, CVPR 2021, Sec. 3.1 and
/// Appendix A): a latent vector for each of the recipe's patches, and what lies nearest to it among V vectors.
///
/// Its tokens [B, N, V] are minus the squared distances to the entries, so that the largest one is the code (Eq. 2); `local` [B, N, D] are the
/// latents, `vocabulary` [V, D] the entries. Of the gradient of a distance the latent gets the share `commitment`, which weighs the
/// commitment term of Eq. 4 against that of the codebook.
class VqganEncoder : public Encoder {
public:
    struct Params {
        std::int64_t vocabulary = 1024;  // V
        double commitment = 0.25;
        VqNetworkParams network;  // its latent width is D
        std::string initialization;
        static Params read(ParamReader& reader);
    };

    /// @throws RecipeError unless the input's patches are squares whose side is a power of two, with a level for each halving
    VqganEncoder(const Params& params, const InputSpec& input);

    /// None: it sees whole images.
    bool honours(const Corruption& corruption) const override { return corruption.kind == CorruptionKind::None; }
    Features forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) override;

    std::int64_t width() const override { return params_.vocabulary; }
    std::int64_t layerOf(const std::string& parameterName) const override;
    std::int64_t depth() const override { return static_cast<std::int64_t>(params_.network.levels()); }
    const std::string& initialization() const override { return params_.initialization; }

private:
    Params params_;
    ImageInput input_;
    std::shared_ptr<VqEncoder> network_;
    std::shared_ptr<Codebook> codebook_;
};

}  // namespace maskscope
