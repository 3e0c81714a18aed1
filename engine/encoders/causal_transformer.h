#pragma once

#include <memory>
#include <string>

#include "encoders/encoder.h"
#include "layers/transformer.h"

namespace maskscope {

/// Transformer over codes in which nobody sees what comes later (Radford et al., GPT-2, 2019; Chen et al., iGPT, ICML 2020, Sec. 3.1: the
/// codes are colours of pixels, row by row). A code's vector is its own plus that of its place, without a norm.
class CausalTransformer : public Encoder {
public:
    struct Params {
        TransformerParams transformer;
        bool shifted = false;  // a start token comes first and the last code is left out: a token's features know what comes before it alone
        std::string initialization;
        static Params read(ParamReader& reader);
    };

    CausalTransformer(const Params& params, const InputSpec& input);

    /// None: what is predicted is hidden by coming later.
    bool honours(const Corruption& corruption) const override { return corruption.kind == CorruptionKind::None; }
    /// Reads "tokens" [B, N] int64 and, where the view has them, "places" [B or 1, N] int64 instead of 0, 1, ..., and "types" [B, N] int64, codes
    /// whose vectors are added as well.
    /// @throws ShapeError if N exceeds the input's length
    Features forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) override;
    std::int64_t width() const override { return params_.transformer.width; }
    std::int64_t layerOf(const std::string& parameterName) const override;
    std::int64_t depth() const override { return params_.transformer.depth; }
    const std::string& initialization() const override { return params_.initialization; }

private:
    at::Tensor embed(const View& view, const at::Tensor& tokens) const;

    Params params_;
    TextInput input_;
    at::Tensor words_, positions_;  // [V, D], [N, D]
    std::shared_ptr<Transformer> transformer_;
};

}  // namespace maskscope
