#pragma once

#include <cstdint>
#include <string_view>

#include <ATen/core/Tensor.h>

#include "core/random.h"

namespace maskscope {

/// The source of the noise that layers draw while training (stochastic depth, codes drawn by chance). It belongs to the thread that opens the
/// scope, so that whatever other threads draw cannot change a training run.
class NoiseScope {
public:
    explicit NoiseScope(RandomStream stream);
    ~NoiseScope();
    NoiseScope(const NoiseScope&) = delete;
    NoiseScope& operator=(const NoiseScope&) = delete;

    /// @return [count] float on the CPU, 1 with the given probability, else 0
    /// @throws TrainingError outside any scope
    static at::Tensor bernoulli(std::int64_t count, double probability);

    /// @return [count] float on the CPU, above 0 and below 1. @throws TrainingError outside any scope
    static at::Tensor uniform(std::int64_t count);

private:
    static RandomStream& stream();
    RandomStream stream_;
    NoiseScope* outer_;
};

}  // namespace maskscope
