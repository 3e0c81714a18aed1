#pragma once

#include <QString>
#include <memory>
#include <vector>

#include "data/domain.h"
#include "widgets/panels/recipe_summary.h"

namespace maskscope {

/// A sample that the views can show.
struct ShownSample {
    std::shared_ptr<const Dataset> data;
    std::int64_t sample = 0;
    QString name;  // "cat/0001"
};

/// Data that were opened for looking at them, apart from any training.
struct OpenedData {
    std::shared_ptr<const DataDomain> domain;
    std::shared_ptr<const Dataset> training, validation;  // the same where a share is held out
    std::vector<std::int64_t> held;                       // of `validation`: those that a run of the same settings validates with
    std::vector<ShownSample> probes;                      // those that a run of the same settings pins as its probes
    DataSummary summary;                                  // without thumbnails
    std::vector<Picture> shown;                           // a few samples, nothing hidden, for thumbnails
};

}  // namespace maskscope
