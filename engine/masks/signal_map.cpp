#include "masks/signal_map.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.h"
#include "tensor/shape.h"

namespace maskscope {

SignalMap::SignalMap(const Signals& signals, const std::string& name, std::size_t rows, std::int64_t tokens, const char* strategy) : rows_(rows) {
    const Signals::Signal* signal = signals.find(name);
    if (signal == nullptr)
        throw UsageError(
            fmt::format("mask '{}' chooses by the signal '{}', which nobody has written; it needs a recipe with a [[signal]] of this name, or a "
                        "run and an image to look at",
                        strategy, name));
    values_ = signal->value.to(at::kCPU, at::kFloat).contiguous();
    requireShape(values_, {kAnySize, tokens}, "signal of the mask");
    if (values_.size(0) == 0 || static_cast<std::int64_t>(rows) % values_.size(0) != 0)
        throw ShapeError(fmt::format("mask '{}': the signal '{}' is of {} samples, but {} masks are drawn", strategy, name, values_.size(0), rows));
}

std::vector<std::int64_t> SignalMap::fallingOrder(std::size_t row, std::vector<std::int64_t> tokens) const {
    const std::size_t sample = row * static_cast<std::size_t>(values_.size(0)) / rows_;
    const float* values = values_.const_data_ptr<float>() + sample * static_cast<std::size_t>(values_.size(1));
    std::stable_sort(tokens.begin(), tokens.end(), [&](std::int64_t a, std::int64_t b) { return values[a] > values[b]; });
    return tokens;
}

at::Tensor SignalMap::values() const { return values_.repeat_interleave(static_cast<std::int64_t>(rows_) / values_.size(0), 0); }

}  // namespace maskscope
