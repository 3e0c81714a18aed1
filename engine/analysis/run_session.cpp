#include "analysis/run_session.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/text.h"
#include "recipes/method_spec.h"
#include "training/checkpoint_store.h"
#include "training/run_directory.h"
#include "training/settings.h"

namespace maskscope {
namespace {

std::int64_t chooseStep(const CheckpointStore& store, const std::filesystem::path& run, std::optional<std::int64_t> wanted) {
    if (!wanted) {
        const auto newest = store.newestComplete();
        if (!newest) throw DataError(fmt::format("{}: the run has no complete checkpoint; resume or start it anew", run.string()));
        return *newest;
    }
    std::vector<std::string> steps;
    for (const CheckpointInfo& info : store.list()) {
        if (!info.isComplete()) continue;
        if (info.step == *wanted) return *wanted;
        steps.push_back(std::to_string(info.step));
    }
    throw UsageError(fmt::format("{}: there is no checkpoint of step {}; there are {}", run.string(), *wanted, join(steps)));
}

}  // namespace

RunSession openRunSession(const std::filesystem::path& run, std::optional<std::int64_t> step) {
    const RunDirectory directory = RunDirectory::open(run);
    RunSession opened;
    opened.description = RunDescription::fromValue(directory.content(), directory.runFile().string());
    const CheckpointStore store(directory.checkpointsFolder(), CheckpointStore::Access::Read);
    opened.step = chooseStep(store, run, step);
    opened.signals = store.loadSignals(opened.step);
    const bool averaged = TrainSettings::read(opened.description.request.recipe.root).ema > 0.0;
    const MethodSpec spec = expandRecipe(opened.description.request.recipe.root);
    std::shared_ptr<DataDomain> domain = makeDomain(spec.input);
    domain->load(run);
    opened.weights = store.loadWeights(opened.step, averaged);
    opened.session = std::make_unique<InferenceSession>(spec, opened.weights, std::move(domain));
    return opened;
}

}  // namespace maskscope
