#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>

#include "core/param_reader.h"

namespace maskscope {

/// What makes one convolutional front end differ from another. The three lists are equally long.
struct WaveformFeatureParams {
    std::vector<std::int64_t> channels{512, 512, 512, 512, 512, 512, 512};
    std::vector<std::int64_t> kernels{10, 3, 3, 3, 3, 2, 2};  // samples, then steps of the convolution before
    std::vector<std::int64_t> strides{5, 2, 2, 2, 2, 2, 2};
    bool bias = false;
    /// group: after the first convolution, each channel over all times of a waveform; layer: after every one, the channels of a time
    std::string norm = "group";
    std::string activation = "gelu";

    /// @throws RecipeError if the lists differ in length or are empty
    static WaveformFeatureParams read(ParamReader& reader, const WaveformFeatureParams& defaults);
    /// Samples that one frame sees.
    std::int64_t window() const;
    /// Samples from one frame to the next.
    std::int64_t hop() const;
    /// Frames of a waveform; 0 where it is shorter than the window.
    std::int64_t frames(std::int64_t samples) const;
};

/// Convolutions that turn a waveform into frames (Baevski et al., wav2vec 2.0, NeurIPS 2020, Sec. 2, 'Feature encoder').
/// Parameters: conv0.weight [C, 1, kernel], conv0.bias, norm0_weight [C], norm0_bias, ...
class WaveformFeatures : public torch::nn::Module {
public:
    explicit WaveformFeatures(const WaveformFeatureParams& params);

    /// @param waveform  [B, S] float
    /// @return          [B, N, C]
    /// @throws ShapeError if the waveform is shorter than the window
    at::Tensor forward(const at::Tensor& waveform);

private:
    struct Norm {
        at::Tensor weight, bias;  // [C]; undefined: there is none after this convolution
    };

    WaveformFeatureParams params_;
    std::vector<torch::nn::Conv1d> convolutions_;
    std::vector<Norm> norms_;
};

}  // namespace maskscope
