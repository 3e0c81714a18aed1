#include "training/train_data.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.h"
#include "data/split.h"

namespace maskscope {
namespace {

std::shared_ptr<const Dataset> openData(const DataDomain& domain, const std::filesystem::path& path, const DomainOptions& options) {
    try {
        return domain.open(path, options);
    } catch (const FileError& error) {
        throw DataError(error.what());  // unreadable input, not a failure of ours
    }
}

DomainOptions optionsFor(const TrainSettings& settings, const TrainData::Work& work, std::stop_token stop) {
    DomainOptions options;
    options.cacheMb = static_cast<double>(settings.cacheMb);
    options.progress = [work](const std::string& what) -> Progress {
        return [work, what](std::int64_t done, std::int64_t total) { work({.what = what, .done = done, .total = total}); };
    };
    options.stop = std::move(stop);
    return options;
}

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

}  // namespace

TrainData TrainData::open(const TrainingRequest& request, const std::filesystem::path& runFolder, const Notice& notice, const Work& work,
                          std::stop_token stop) {
    const TrainSettings settings = TrainSettings::read(request.recipe.root);
    TrainData data;
    const MethodSpec spec = expandRecipe(request.recipe.root);
    data.domain = makeDomain(spec.input, spec.viewRequests(settings.augment));
    const DomainOptions options = optionsFor(settings, work, stop);
    data.training = openData(*data.domain, request.data, options);
    data.fingerprint = data.training->fingerprint();
    if (request.validation.empty()) {
        HoldOut split = holdOutForValidation(*data.training, settings.validationShare);
        if (!split.notice.empty()) notice(split.notice);
        data.validation = data.training;
        data.trainingIds = std::move(split.train);
        data.validationIds = std::move(split.validation);
    } else {
        data.validation = openData(*data.domain, request.validation, options);
        data.validationFingerprint = data.validation->fingerprint();
        data.trainingIds = allSamples(*data.training);
        data.validationIds = allSamples(*data.validation);
    }
    if (runFolder.empty())
        data.fitted = data.domain->fit(*data.training, data.trainingIds, stop);
    else
        data.domain->load(runFolder);
    data.validationView = data.domain->evaluationView(*data.validation, evenlySpread(data.validationIds, settings.validationImages), stop);
    data.validationIds = data.validationView.sampleIds;
    data.toldProblems = tellFindings(*data.training, notice);
    if (data.validation != data.training) tellFindings(*data.validation, notice);
    notice(fmt::format("{} training samples, {} validation samples", data.trainingIds.size(), data.validationIds.size()));
    return data;
}

void TrainData::tellNewProblems(const Notice& notice) { toldProblems = tellProblems(*training, toldProblems, notice); }

}  // namespace maskscope
