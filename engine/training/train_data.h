#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/domain.h"
#include "recipes/method_spec.h"
#include "snapshot/records.h"
#include "training/settings.h"
#include "training/training_request.h"

namespace maskscope {

/// What a run trains and validates on.
struct TrainData {
    std::shared_ptr<DataDomain> domain;
    std::shared_ptr<const Dataset> training, validation;   // the same where samples were held out
    std::vector<std::int64_t> trainingIds, validationIds;  // disjoint where the sets are the same and hold two samples or more
    View validationView;                                   // the frozen validation samples; those that cannot be used are left out
    std::string fingerprint, validationFingerprint;        // the second is empty where samples were held out
    std::vector<std::string> fitted;                       // settings that complete the recipe of a new run

    using Notice = std::function<void(const std::string&)>;
    using Work = std::function<void(const WorkRecord&)>;

    /// Opens the data, decodes them into memory where they fit, and chooses the frozen validation samples.
    /// @param runFolder  of a run that goes on, which knows what its input learned from the data; empty: a new run learns it
    /// @throws DataError if nothing can be read
    static TrainData open(const TrainingRequest& request, const std::filesystem::path& runFolder, const Notice& notice, const Work& work,
                          std::stop_token stop);

    /// Names the samples that turned out to be unusable since the last call: without a cache they are found while they are used.
    void tellNewProblems(const Notice& notice);

    std::size_t toldProblems = 0;
};

}  // namespace maskscope
