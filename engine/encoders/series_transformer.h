#pragma once

#include <memory>
#include <string>
#include <vector>

#include "encoders/encoder.h"
#include "layers/series_block.h"
#include "layers/transformer.h"

namespace maskscope {

/// Transformer over patches of several series (Nie et al., PatchTST, ICLR 2023, Sec. 3.1). Each series is a sequence of its own for the same
/// network; the tokens are a grid of series by patches. Hidden patches become a number before they are embedded. With a class token
/// there is one a series, and the prefix holds them all.
class SeriesTransformer : public Encoder {
public:
    struct Params {
        TransformerParams transformer;
        bool cls = false;
        bool acrossSeries = false;    // attention among series too
        bool sharedEmbedding = true;  // one linear map for the patches of all series
        double hiddenValue = 0.0;     // what hidden patches are filled with
        std::string positions;        // sincos | learned
        std::string initialization;
        static Params read(ParamReader& reader);
    };

    SeriesTransformer(const Params& params, const InputSpec& input);

    /// CorruptionKind::Zero at the input.
    bool honours(const Corruption& corruption) const override;
    /// Reads "series" [B, T, C] float. Layers are [B, C + C N, D] with class tokens first, attentions those of each series,
    /// [B C, heads, L, L] with its class token first.
    /// @throws ShapeError unless series have the input's length and channels
    Features forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) override;
    std::int64_t width() const override { return params_.transformer.width; }
    std::int64_t layerOf(const std::string& parameterName) const override;
    std::int64_t depth() const override { return params_.transformer.depth; }
    const std::string& initialization() const override { return params_.initialization; }

private:
    at::Tensor embed(const at::Tensor& patches) const;
    at::Tensor flat(const at::Tensor& x) const;

    Params params_;
    SeriesInput input_;
    at::Tensor embedWeight_, embedBias_;  // [1 or C, D, P], [1 or C, D]
    at::Tensor clsToken_;                 // [D]
    at::Tensor positions_;                // [L, D]
    std::vector<std::shared_ptr<SeriesBlock>> blocks_;
};

}  // namespace maskscope
