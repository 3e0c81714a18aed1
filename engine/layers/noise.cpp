#include "layers/noise.h"

#include <cmath>

#include <ATen/ops/empty.h>

#include "core/error.h"

namespace maskscope {
namespace {

thread_local NoiseScope* currentScope = nullptr;

}  // namespace

NoiseScope::NoiseScope(RandomStream stream, Rows rows) : stream_(stream), rows_(rows), outer_(currentScope) { currentScope = this; }
NoiseScope::~NoiseScope() { currentScope = outer_; }

std::optional<NoiseScope::Place> NoiseScope::place() {
    if (currentScope == nullptr) return std::nullopt;
    return Place{currentScope->stream_, currentScope->rows_};
}

template <typename Draw>
at::Tensor NoiseScope::draw(std::int64_t count, std::uint64_t words, const Draw& draw) {
    if (currentScope == nullptr) throw TrainingError("a layer asked for noise outside a training step; put the network into evaluation mode");
    currentScope->hasDrawn_ = true;
    RandomStream& source = currentScope->stream_;
    const Rows& rows = currentScope->rows_;
    const auto skip = [&](std::int64_t samples) { source.skip(static_cast<std::uint64_t>(count / rows.count * samples) * words); };
    at::Tensor draws = at::empty({count}, at::kFloat);
    float* values = draws.mutable_data_ptr<float>();
    skip(rows.first);
    for (std::int64_t i = 0; i < count; ++i) values[i] = draw(source);
    skip(rows.total - rows.first - rows.count);
    return draws;
}

at::Tensor NoiseScope::bernoulli(std::int64_t count, double probability) {
    return draw(count, 2, [&](RandomStream& source) { return source.chance(probability) ? 1.0F : 0.0F; });
}

at::Tensor NoiseScope::uniform(std::int64_t count) {
    return draw(count, 1, [](RandomStream& source) { return std::ldexp(static_cast<float>(source.next() >> 9) + 0.5F, -23); });
}

}  // namespace maskscope
