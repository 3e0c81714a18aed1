#pragma once

#include <memory>
#include <string>

#include "encoders/encoder.h"
#include "layers/patch_embedding.h"
#include "layers/position_table.h"
#include "layers/transformer.h"

namespace maskscope {

/// Vision Transformer (Dosovitskiy et al., ICLR 2021) that drops hidden tokens (MAE, He et al., CVPR 2022, Sec. 3), replaces
/// them by a mask token at the input or before any block (SimMIM, Xie et al., CVPR 2022, Sec. 3.2), or keeps everything.
class Vit : public Encoder {
public:
    struct Params {
        TransformerParams transformer;
        bool cls = true;
        std::string positions;
        std::string initialization;
        static Params read(ParamReader& reader);
    };

    Vit(const Params& params, const InputSpec& input);

    bool honours(const Corruption& corruption) const override;
    void prepare(const Corruption& corruption) override;
    Features forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) override;
    std::int64_t width() const override { return params_.transformer.width; }
    std::int64_t layerOf(const std::string& parameterName) const override;
    std::int64_t depth() const override { return params_.transformer.depth; }
    const std::string& initialization() const override { return params_.initialization; }

private:
    struct Embedded {
        at::Tensor tokens;   // [B, K or N, D]
        at::Tensor keyReal;  // [B, R + K] bool; undefined: no padding
    };
    Embedded embed(const at::Tensor& patches, const MaskPlan& plan, const Corruption& corruption);
    at::Tensor replaceHidden(const at::Tensor& tokens, const at::Tensor& hidden, CorruptionKind kind) const;
    at::Tensor prependCls(const at::Tensor& tokens, at::Tensor& keyReal) const;

    Params params_;
    ImageInput input_;
    std::shared_ptr<PatchEmbedding> patchEmbedding_;
    std::shared_ptr<PositionTable> positions_;
    std::shared_ptr<Transformer> transformer_;
    at::Tensor clsToken_, maskToken_;
};

}  // namespace maskscope
