#include "layers/waveform_features.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "layers/activation.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

constexpr double kNormEps = 1e-5;

}  // namespace

WaveformFeatureParams WaveformFeatureParams::read(ParamReader& reader, const WaveformFeatureParams& defaults) {
    WaveformFeatureParams p;
    p.channels = reader.integers("conv_channels", defaults.channels, Range::atLeast(1), "channels after each convolution of the waveform");
    p.kernels = reader.integers("conv_kernels", defaults.kernels, Range::atLeast(1), "width of each convolution's kernel");
    p.strides = reader.integers("conv_strides", defaults.strides, Range::atLeast(1), "stride of each convolution");
    p.bias = reader.flag("conv_bias", defaults.bias, "whether these convolutions have biases");
    p.norm = reader.choice("conv_norm", defaults.norm, {"group", "layer"},
                           "group: after the first convolution, each channel over time (wav2vec 2.0 base); layer: after every convolution, over the "
                           "channels (its large form, data2vec)");
    p.activation = reader.text("conv_activation", defaults.activation, "after each convolution, of positions too; as `activation`");
    if (!isActivation(p.activation)) reader.fail("conv_activation", fmt::format("is '{}', expected gelu, relu, silu, ...", p.activation));
    if (!reader.isDocumenting() && (p.channels.empty() || p.kernels.size() != p.channels.size() || p.strides.size() != p.channels.size()))
        reader.fail("conv_channels", fmt::format("has {} values, conv_kernels {} and conv_strides {}; expected one of each for every convolution",
                                                 p.channels.size(), p.kernels.size(), p.strides.size()));
    return p;
}

std::int64_t WaveformFeatureParams::window() const {
    std::int64_t samples = 1, hop = 1;
    for (std::size_t i = 0; i < kernels.size(); ++i) {
        samples += (kernels[i] - 1) * hop;
        hop *= strides[i];
    }
    return samples;
}

std::int64_t WaveformFeatureParams::hop() const {
    std::int64_t samples = 1;
    for (const std::int64_t stride : strides) samples *= stride;
    return samples;
}

std::int64_t WaveformFeatureParams::frames(std::int64_t samples) const {
    const std::int64_t seen = window();
    return samples < seen ? 0 : (samples - seen) / hop() + 1;
}

WaveformFeatures::WaveformFeatures(const WaveformFeatureParams& params) : params_(params) {
    std::int64_t before = 1;
    for (std::size_t i = 0; i < params.channels.size(); ++i) {
        const std::int64_t channels = params.channels[i];
        const std::string number = std::to_string(i);
        convolutions_.push_back(register_module(
            "conv" + number,
            torch::nn::Conv1d(torch::nn::Conv1dOptions(before, channels, params.kernels[i]).stride(params.strides[i]).bias(params.bias))));
        Norm norm;
        if (i == 0 || params.norm == "layer")
            norm = {register_parameter("norm" + number + "_weight", torch::ones({channels})),
                    register_parameter("norm" + number + "_bias", torch::zeros({channels}))};
        norms_.push_back(norm);
        before = channels;
    }
}

at::Tensor WaveformFeatures::forward(const at::Tensor& waveform) {
    requireShape(waveform, {kAnySize, kAnySize}, "the waveform");
    if (params_.frames(waveform.size(1)) < 1)
        throw ShapeError(fmt::format("the waveform has {} samples, but one frame sees {}; choose longer ones", waveform.size(1), params_.window()));
    at::Tensor x = waveform.unsqueeze(1);
    for (std::size_t i = 0; i < convolutions_.size(); ++i) {
        x = convolutions_[i]->forward(x);
        const std::int64_t channels = x.size(1);
        if (params_.norm == "layer")
            x = at::layer_norm(x.transpose(1, 2), {channels}, norms_[i].weight, norms_[i].bias, kNormEps).transpose(1, 2);
        else if (norms_[i].weight.defined())
            x = at::group_norm(x, channels, norms_[i].weight, norms_[i].bias, kNormEps);
        x = activate(x, params_.activation);
    }
    return x.transpose(1, 2);
}

}  // namespace maskscope
