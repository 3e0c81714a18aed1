#include "training/train_data.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.h"
#include "data/cache.h"
#include "data/split.h"

namespace maskscope {
namespace {

constexpr std::uint64_t kHoldOutSeed = 1;  // the same images are held out, whatever a run's seed

struct Opening {
    const TrainSettings& settings;
    const InputSpec& input;
    const TrainData::Notice& notice;
    const TrainData::Work& work;
    std::stop_token stop;

    std::shared_ptr<const Dataset> open(const std::filesystem::path& path) const {
        const auto progress = [this](const std::string& what) {
            return [this, what](std::int64_t done, std::int64_t total) { work({.what = what, .done = done, .total = total}); };
        };
        OpenOptions options;
        options.usedSidePx = static_cast<int>(std::max(input.height, input.width));
        options.progress = progress("reading " + path.string());
        options.stop = stop;
        CacheOptions cache;
        if (settings.cacheMb >= 0) cache.budgetMb = static_cast<double>(settings.cacheMb);
        cache.threads = std::max(2, settings.workers);
        cache.progress = progress("decoding " + path.string());
        cache.stop = stop;
        try {
            return cacheDecoded(openDataset(path, options), cache);
        } catch (const FileError& error) {
            throw DataError(error.what());  // unreadable input, not a failure of ours
        }
    }
};

/// From a problem on. @return how many there are now
std::size_t tellProblems(const Dataset& dataset, std::size_t first, const TrainData::Notice& notice) {
    constexpr std::size_t kShownProblems = 5;
    const std::vector<DataProblem> problems = dataset.problems();
    const std::size_t shownEnd = std::min(first + kShownProblems, problems.size());
    for (std::size_t i = first; i < shownEnd; ++i) notice("skipped: " + problems[i].reason);
    if (problems.size() > shownEnd) notice(fmt::format("skipped {} more; 'inspect' lists them", problems.size() - shownEnd));
    return problems.size();
}

std::size_t tellFindings(const Dataset& dataset, const TrainData::Notice& notice) {
    for (const std::string& line : dataset.notices()) notice(line);
    return tellProblems(dataset, 0, notice);
}

/// Evenly spread over the ids, so that every class has its share.
std::vector<std::int64_t> thinned(const std::vector<std::int64_t>& ids, std::int64_t count) {
    const auto all = static_cast<std::int64_t>(ids.size());
    if (all <= count) return ids;
    std::vector<std::int64_t> chosen;
    for (std::int64_t i = 0; i < count; ++i) chosen.push_back(ids[static_cast<std::size_t>(i * all / count)]);
    return chosen;
}

/// Validation images must stay the same ones: a corrupt one must not stand for its neighbour.
std::vector<std::int64_t> usable(const Dataset& dataset, const std::vector<std::int64_t>& ids, const std::stop_token& stop) {
    std::vector<std::int64_t> result;
    std::string first;
    for (const std::int64_t id : ids) try {
            if (stop.stop_requested()) throw StoppedError(fmt::format("{}: stopped while validation images were read", dataset.path()));
            dataset.read(id);
            result.push_back(id);
        } catch (const DataError& error) {
            dataset.report({dataset.sampleName(id), error.what()});
            if (first.empty()) first = error.what();
        }
    if (result.empty())
        throw DataError(fmt::format("{}: none of {} validation images can be read; the first problem: {}", dataset.path(), ids.size(), first));
    return result;
}

}  // namespace

TrainData TrainData::open(const TrainingRequest& request, const TrainSettings& settings, const InputSpec& input, const Notice& notice,
                          const Work& work, std::stop_token stop) {
    const Opening opening{settings, input, notice, work, stop};
    TrainData data;
    data.training = opening.open(request.data);
    data.fingerprint = data.training->fingerprint();
    if (request.validation.empty()) {
        HoldOut split = holdOut(*data.training, settings.validationShare, kHoldOutSeed);
        if (!split.notice.empty()) notice(split.notice);
        data.validation = data.training;
        data.trainingIds = std::move(split.train);
        data.validationIds = std::move(split.validation);
    } else {
        data.validation = opening.open(request.validation);
        data.validationFingerprint = data.validation->fingerprint();
        data.trainingIds = allSamples(*data.training);
        data.validationIds = allSamples(*data.validation);
    }
    data.validationIds = usable(*data.validation, thinned(data.validationIds, settings.validationImages), stop);
    data.toldProblems = tellFindings(*data.training, notice);
    if (data.validation != data.training) tellFindings(*data.validation, notice);
    notice(fmt::format("{} training images, {} validation images", data.trainingIds.size(), data.validationIds.size()));
    return data;
}

void TrainData::tellNewProblems(const Notice& notice) { toldProblems = tellProblems(*training, toldProblems, notice); }

}  // namespace maskscope
