#include "training/run_weights.h"

#include <algorithm>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "interop/saved_tensors.h"
#include "recipes/method.h"
#include "training/checkpoint_store.h"
#include "training/run_description.h"
#include "training/run_directory.h"

namespace maskscope {
namespace {

NamedTensors below(const NamedTensors& tensors, const std::string& prefix) {
    NamedTensors result;
    for (const auto& [name, tensor] : tensors)
        if (name.starts_with(prefix)) result.emplace_back(name.substr(prefix.size()), tensor);
    return result;
}

void loadNetwork(const Method& method, const NetworkSpec& network) {
    const RunDirectory run = RunDirectory::open(network.run);
    const MethodSpec theirs = expandRecipe(RunDescription::fromValue(run.content(), run.runFile().string()).request.recipe.root);
    const bool hasSame = std::any_of(theirs.networks.begin(), theirs.networks.end(), [&](const auto& other) { return other.id == network.id; });
    const CheckpointStore store(run.checkpointsFolder(), CheckpointStore::Access::Read);
    const auto newest = store.newestComplete();
    if (!newest) throw DataError(fmt::format("{}: no complete checkpoint, so network '{}' cannot begin as its network", network.run, network.id));
    const NamedTensors saved = store.load(*newest).model;
    const at::NoGradGuard noGrad;
    copySaved(below(method.namedState(), network.id + "."), below(saved, (hasSame ? network.id : theirs.networks.front().id) + "."), network.run);
}

}  // namespace

void loadRunWeights(const Method& method) {
    for (const NetworkSpec& network : method.spec().networks)
        if (!network.run.empty()) loadNetwork(method, network);
}

}  // namespace maskscope
