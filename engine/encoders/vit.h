#pragma once

#include <memory>
#include <string>

#include "encoders/encoder.h"
#include "layers/grid_places.h"
#include "layers/patch_embedding.h"
#include "layers/position_table.h"
#include "layers/transformer.h"

namespace maskscope {

/// Vision Transformer (Dosovitskiy et al., ICLR 2021) that drops hidden tokens (MAE, He et al., CVPR 2022, Sec. 3), replaces
/// them by a mask token at the input or before any block (SimMIM, Xie et al., CVPR 2022, Sec. 3.2), or keeps everything. A class
/// token and registers (Darcet et al., Vision Transformers Need Registers, ICLR 2024) may run along.
class Vit : public Encoder {
public:
    struct Params {
        TransformerParams transformer;
        bool cls = true;
        std::int64_t registers = 0;  // tokens after the class token that belong to no patch
        bool patchBias = true;
        bool embeddingNorm = false;  // before the first block
        std::string positions;
        GridPlaceParams places;
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
    /// Puts class token and registers in front.
    at::Tensor prependPrefix(const at::Tensor& tokens, at::Tensor& keyReal) const;
    std::int64_t prefixCount() const { return params_.registers + (params_.cls ? 1 : 0); }

    Params params_;
    ImageInput input_;
    std::shared_ptr<PatchEmbedding> patchEmbedding_;
    std::shared_ptr<PositionTable> positions_;
    std::shared_ptr<GridPlaces> places_;
    std::shared_ptr<Transformer> transformer_;
    std::shared_ptr<Norm> embeddingNorm_;
    at::Tensor clsToken_, maskToken_;  // [D]
    at::Tensor registers_;             // [R, D]
};

}  // namespace maskscope
