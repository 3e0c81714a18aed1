#include "layers/noise.h"

#include <ATen/ops/empty.h>

#include "core/error.h"

namespace maskscope {
namespace {

thread_local NoiseScope* currentScope = nullptr;

}  // namespace

NoiseScope::NoiseScope(RandomStream stream) : stream_(stream), outer_(currentScope) { currentScope = this; }
NoiseScope::~NoiseScope() { currentScope = outer_; }

at::Tensor NoiseScope::bernoulli(std::int64_t count, double probability) {
    if (currentScope == nullptr) throw TrainingError("a layer asked for noise outside a training step; put the network into evaluation mode");
    at::Tensor draws = at::empty({count}, at::kFloat);
    float* values = draws.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < count; ++i) values[i] = currentScope->stream_.chance(probability) ? 1.0F : 0.0F;
    return draws;
}

}  // namespace maskscope
