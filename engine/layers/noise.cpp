#include "layers/noise.h"

#include <cmath>

#include <ATen/ops/empty.h>

#include "core/error.h"

namespace maskscope {
namespace {

thread_local NoiseScope* currentScope = nullptr;

}  // namespace

NoiseScope::NoiseScope(RandomStream stream) : stream_(stream), outer_(currentScope) { currentScope = this; }
NoiseScope::~NoiseScope() { currentScope = outer_; }

RandomStream& NoiseScope::stream() {
    if (currentScope == nullptr) throw TrainingError("a layer asked for noise outside a training step; put the network into evaluation mode");
    return currentScope->stream_;
}

at::Tensor NoiseScope::bernoulli(std::int64_t count, double probability) {
    RandomStream& source = stream();
    at::Tensor draws = at::empty({count}, at::kFloat);
    float* values = draws.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < count; ++i) values[i] = source.chance(probability) ? 1.0F : 0.0F;
    return draws;
}

at::Tensor NoiseScope::uniform(std::int64_t count) {
    RandomStream& source = stream();
    at::Tensor draws = at::empty({count}, at::kFloat);
    float* values = draws.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < count; ++i) values[i] = std::ldexp(static_cast<float>(source.next() >> 9) + 0.5F, -23);
    return draws;
}

}  // namespace maskscope
