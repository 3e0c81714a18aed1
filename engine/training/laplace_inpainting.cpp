#include "training/laplace_inpainting.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace maskscope {
namespace {

/// Sum of products in eight partial sums, in an order that is the same for every compiler and thread count.
double dot(const std::vector<float>& a, const std::vector<float>& b) {
    float sums[8] = {};
    double total = 0;
    std::size_t i = 0;
    while (i + 8 <= a.size()) {
        const std::size_t end = std::min(a.size() / 8 * 8, i + 512);
        for (; i < end; i += 8)
            for (std::size_t lane = 0; lane < 8; ++lane) sums[lane] += a[i + lane] * b[i + lane];
        for (float& sum : sums) total += static_cast<double>(std::exchange(sum, 0.0F));
    }
    for (; i < a.size(); ++i) total += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return total;
}

/// The equations of one plane, stored with a frame of one pixel around it. Everything is zero outside the hidden pixels.
class LaplaceSystem {
public:
    LaplaceSystem(std::span<const float> plane, std::span<const std::uint8_t> hidden, std::size_t width)
        : width_(width),
          height_(plane.size() / width),
          stride_(width + 2),
          values_((height_ + 2) * stride_),
          inner_(values_.size()),
          degree_(values_.size()) {
        std::vector<float> exists(values_.size());
        forEachPixel([&](std::size_t framed, std::size_t pixel) {
            exists[framed] = 1.0F;
            inner_[framed] = hidden[pixel] != 0 ? 1.0F : 0.0F;
            values_[framed] = plane[pixel];
            hiddenCount_ += hidden[pixel] != 0 ? 1 : 0;
        });
        neighbourSum(exists, degree_);
    }

    bool solve(double tolerance, const std::stop_token& stop) {
        std::vector<float> residual(values_.size()), applied(values_.size());
        apply(values_, residual);
        for (float& value : residual) value = -value;
        std::vector<float> direction = residual;
        double energy = dot(residual, residual);
        const double enough = tolerance * tolerance * static_cast<double>(hiddenCount_);
        for (std::size_t iteration = 0; energy > enough && iteration < 4 * values_.size(); ++iteration) {
            if (iteration % 64 == 63 && stop.stop_requested()) return false;
            apply(direction, applied);
            const double curvature = dot(direction, applied);
            if (!(curvature > 0)) break;
            const auto length = static_cast<float>(energy / curvature);
            for (std::size_t i = 0; i < values_.size(); ++i) {
                values_[i] += length * direction[i];
                residual[i] -= length * applied[i];
            }
            const double nextEnergy = dot(residual, residual);
            const auto keep = static_cast<float>(nextEnergy / energy);
            for (std::size_t i = 0; i < values_.size(); ++i) direction[i] = residual[i] + keep * direction[i];
            energy = nextEnergy;
        }
        return true;
    }

    void write(std::span<float> plane) const {
        forEachPixel([&](std::size_t framed, std::size_t pixel) {
            if (inner_[framed] != 0.0F) plane[pixel] = values_[framed];
        });
    }

private:
    template <typename Visit>
    void forEachPixel(Visit visit) const {
        for (std::size_t row = 0; row < height_; ++row)
            for (std::size_t column = 0; column < width_; ++column) visit((row + 1) * stride_ + column + 1, row * width_ + column);
    }

    void neighbourSum(const std::vector<float>& in, std::vector<float>& out) const {
        for (std::size_t i = stride_; i + stride_ < in.size(); ++i) out[i] = in[i - 1] + in[i + 1] + in[i - stride_] + in[i + stride_];
    }

    /// out = degree * in - sum of neighbours, on hidden pixels; 0 elsewhere.
    void apply(const std::vector<float>& in, std::vector<float>& out) const {
        for (std::size_t i = stride_; i + stride_ < in.size(); ++i)
            out[i] = inner_[i] * (degree_[i] * in[i] - (in[i - 1] + in[i + 1]) - (in[i - stride_] + in[i + stride_]));
    }

    std::size_t width_, height_, stride_;
    std::vector<float> values_, inner_, degree_;  // values outside the frame stay 0
    std::size_t hiddenCount_ = 0;
};

}  // namespace

bool inpaintLaplace(std::span<float> plane, std::span<const std::uint8_t> hidden, std::int64_t width, double tolerance, const std::stop_token& stop) {
    LaplaceSystem system(plane, hidden, static_cast<std::size_t>(width));
    const bool finished = system.solve(tolerance, stop);
    system.write(plane);
    return finished;
}

}  // namespace maskscope
