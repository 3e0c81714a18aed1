#include "families/video_tubes.h"

#include <cmath>

#include <torch/torch.h>

#include "tensor/patches.h"

namespace maskscope {

ImageInput VideoTubes::strip() const {
    ImageInput input;
    input.channels = tubeFrames * channels;
    input.height = frames / tubeFrames * (height / patchHeight * patchHeight);
    input.width = width / patchWidth * patchWidth;
    input.patchHeight = patchHeight;
    input.patchWidth = patchWidth;
    return input;
}

at::Tensor VideoTubes::toStrip(const at::Tensor& video) const {
    const std::int64_t batch = video.size(0), tubes = frames / tubeFrames, rows = height / patchHeight * patchHeight;
    return video.narrow(1, 0, tubes * tubeFrames)
        .narrow(3, 0, rows)
        .narrow(4, 0, width / patchWidth * patchWidth)
        .reshape({batch, tubes, tubeFrames, channels, rows, -1})
        .permute({0, 2, 3, 1, 4, 5})
        .reshape({batch, tubeFrames * channels, tubes * rows, -1});
}

at::Tensor VideoTubes::stripKernel(const at::Tensor& kernel) const { return kernel.transpose(1, 2).flatten(1, 2); }

at::Tensor VideoTubes::values(const at::Tensor& video) const {
    const at::Tensor patches = patchify(toStrip(video), patchHeight, patchWidth);  // (row, column, frame, channel)
    return patches.unflatten(-1, {patchHeight * patchWidth, tubeFrames, channels}).transpose(-3, -2).flatten(-3);
}

at::Tensor alternatingSinusoids(std::int64_t count, std::int64_t width) {
    const at::Tensor table = at::empty({count, width}, at::kFloat);
    float* out = table.mutable_data_ptr<float>();
    for (std::int64_t place = 0; place < count; ++place)
        for (std::int64_t i = 0; i < width; ++i) {
            const double angle = static_cast<double>(place) / std::pow(10000.0, 2.0 * static_cast<double>(i / 2) / static_cast<double>(width));
            *out++ = static_cast<float>(i % 2 == 0 ? std::sin(angle) : std::cos(angle));
        }
    return table;
}

}  // namespace maskscope
