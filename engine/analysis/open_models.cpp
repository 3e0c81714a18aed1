#include "analysis/open_models.h"

#include <algorithm>

#include <fmt/format.h>

#include "analysis/run_session.h"
#include "core/error.h"
#include "training/checkpoint_files.h"
#include "training/checkpoint_store.h"
#include "training/run_directory.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

/// The newest step whose files have their sizes: quicker than checksums, which a whole opening checks.
std::int64_t newestStep(const fs::path& run) {
    const RunDirectory directory = RunDirectory::open(run);
    const auto checkpoints = CheckpointStore(directory.checkpointsFolder(), CheckpointStore::Access::Read).list();
    const auto newest = std::find_if(checkpoints.rbegin(), checkpoints.rend(), [](const CheckpointInfo& info) { return info.isComplete(); });
    if (newest == checkpoints.rend()) throw DataError(fmt::format("{}: the run has no complete checkpoint; resume or start it anew", run.string()));
    return newest->step;
}

std::string checkpointKey(const fs::path& run, std::int64_t step) {
    const fs::path state = run / "checkpoints" / fmt::format("step-{}", step) / kStateFile;
    std::error_code code;
    const auto written = fs::last_write_time(state, code);
    return fmt::format("{} {}", state.string(), code ? 0 : written.time_since_epoch().count());
}

}  // namespace

OpenModels::Model OpenModels::keep(Open model) {
    open_.push_front(std::move(model));
    if (open_.size() > most_) open_.pop_back();
    return {*open_.front().session, open_.front().step};
}

OpenModels::Model OpenModels::published(const std::shared_ptr<const PublishedWeights>& weights) {
    const auto known =
        std::find_if(open_.begin(), open_.end(), [&](const Open& open) { return open.published && open.published->spec == weights->spec; });
    if (known == open_.end())
        return keep({{},
                     weights,
                     weights->step,
                     std::make_unique<InferenceSession>(*weights->spec, weights->tensors, weights->domain, WeightMemory::Shared)});
    if (known->published != weights) known->session->setWeights(weights->tensors);
    known->published = weights;
    known->step = weights->step;
    open_.splice(open_.begin(), open_, known);
    return {*known->session, known->step};
}

OpenModels::Model OpenModels::checkpoint(const fs::path& run, std::optional<std::int64_t> step) {
    const std::int64_t wanted = step ? *step : newestStep(run);
    const std::string key = checkpointKey(run, wanted);
    const auto known = std::find_if(open_.begin(), open_.end(), [&](const Open& open) { return !open.published && open.checkpoint == key; });
    if (known == open_.end()) return keep({key, nullptr, wanted, openRunSession(run, wanted).session});
    open_.splice(open_.begin(), open_, known);
    return {*known->session, known->step};
}

}  // namespace maskscope
