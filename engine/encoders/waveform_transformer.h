#pragma once

#include <memory>
#include <string>
#include <vector>

#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include "encoders/encoder.h"
#include "layers/convolution_positions.h"
#include "layers/transformer.h"
#include "layers/waveform_features.h"

namespace maskscope {

/// Transformer over the frames of a waveform, which convolutions made (Baevski et al., wav2vec 2.0, NeurIPS 2020, Sec. 2; Hsu et al.,
/// HuBERT, TASLP 2021; Baevski et al., data2vec, ICML 2022). Hidden frames become a mask token after the convolutions; positions come
/// from a convolution over what is left. Nobody attends to padding. `Features::local` holds the frames before any mask.
class WaveformTransformer : public Encoder {
public:
    struct Params {
        TransformerParams transformer;
        WaveformFeatureParams features;
        ConvolutionPositionParams positions;
        bool frameNorm = true;          // a layer norm of the frames before they are projected to the width
        std::int64_t adapterWidth = 0;  // hidden width of an adapter after each block (Houlsby et al., ICML 2019; MMS); 0: none
        std::string initialization;
        static Params read(ParamReader& reader);
    };

    WaveformTransformer(const Params& params, const InputSpec& input);

    /// CorruptionKind::Token and Zero at the embedding.
    bool honours(const Corruption& corruption) const override;
    void prepare(const Corruption& corruption) override;
    /// Reads "waveform" [B, S] float and, where the geometry has it, which frames are real, [B, N].
    /// @throws ShapeError if a waveform is shorter than one frame
    Features forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) override;
    std::int64_t width() const override { return params_.transformer.width; }
    std::int64_t layerOf(const std::string& parameterName) const override;
    std::int64_t depth() const override { return params_.transformer.depth; }
    const std::string& initialization() const override { return params_.initialization; }
    const Params& params() const { return params_; }

private:
    /// A layer norm, down, ReLU, up: added to what it is given.
    struct Adapter {
        torch::nn::LayerNorm norm{nullptr};
        torch::nn::Linear down{nullptr}, up{nullptr};
    };
    void addAdapters();
    at::Tensor adapted(std::size_t layer, const at::Tensor& x);
    at::Tensor hide(const at::Tensor& x, const at::Tensor& hidden, CorruptionKind kind) const;

    Params params_;
    std::shared_ptr<WaveformFeatures> features_;
    torch::nn::LayerNorm frameNorm_, embedNorm_;
    torch::nn::Linear project_;
    std::shared_ptr<ConvolutionPositions> positions_;
    std::shared_ptr<Transformer> transformer_;
    std::vector<Adapter> adapters_;
    at::Tensor maskToken_;
};

}  // namespace maskscope
