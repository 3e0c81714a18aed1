#include <fmt/format.h>

#include "core/error.h"
#include "data/images/augmentation.h"

namespace maskscope {
namespace {

/// One number a channel, out of one a channel, one for all, or none.
std::vector<double> perChannel(const std::vector<double>& given, std::int64_t channels, double fallback, const char* what) {
    if (given.empty()) return std::vector<double>(static_cast<std::size_t>(channels), fallback);
    if (given.size() == 1) return std::vector<double>(static_cast<std::size_t>(channels), given.front());
    if (given.size() != static_cast<std::size_t>(channels))
        throw ShapeError(fmt::format("input.{} has {} numbers, the input {} channels; give one a channel", what, given.size(), channels));
    return given;
}

}  // namespace

InputWriter::InputWriter(const ImageInput& input)
    : channels_(static_cast<int>(input.channels)), height_(static_cast<int>(input.height)), width_(static_cast<int>(input.width)) {
    const std::vector<double> mean = perChannel(input.mean, input.channels, 0.0, "mean"), std = perChannel(input.std, input.channels, 1.0, "std");
    for (std::size_t c = 0; c < mean.size(); ++c) {
        scale_.push_back(static_cast<float>(1.0 / std[c]));
        offset_.push_back(static_cast<float>(-mean[c] / std[c]));
    }
    unitScale_.assign(mean.size(), 1.0F);
    noOffset_.assign(mean.size(), 0.0F);
}

bool InputWriter::accepts(int channels) const {
    return channels == channels_ || (channels == 1 && channels_ == 3) || (channels == 3 && channels_ == 1);
}

void InputWriter::write(const PictureWindow& window, const AugmentationDraw& draw, float* pixels) const {
    const double across = static_cast<double>(window.fullWidth) / draw.imageWidth, down = static_cast<double>(window.fullHeight) / draw.imageHeight;
    const CropBox box{draw.box.x * across, draw.box.y * down, draw.box.width * across, draw.box.height * down};
    const bool changes = draw.jitter.changesSomething() || draw.grey || draw.blurSigmaPx > 0;
    if (!changes) {
        resampleInto(window, box, draw.flip, draw.interpolation, {pixels, channels_, height_, width_, scale_, offset_});
        return;
    }
    resampleInto(window, box, draw.flip, draw.interpolation, {pixels, channels_, height_, width_, unitScale_, noOffset_});
    const Planes planes{pixels, channels_, height_, width_};
    jitterColors(planes, draw.jitter);
    if (draw.grey) makeGrey(planes);
    blur(planes, draw.blurSigmaPx);
    const std::size_t size = static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_);
    for (std::size_t c = 0; c < scale_.size(); ++c)
        for (std::size_t i = 0; i < size; ++i) pixels[c * size + i] = pixels[c * size + i] * scale_[c] + offset_[c];
}

}  // namespace maskscope
