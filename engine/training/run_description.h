#pragma once

#include <cstdint>
#include <string>

#include "core/value.h"
#include "training/training_request.h"

namespace maskscope {

/// What run.toml says beyond the person's request: what was found when the run was made.
struct RunFindings {
    std::string fingerprint;            // of the training data
    std::string validationFingerprint;  // empty: held out from the training data
    std::int64_t trainImages = 0, validationImages = 0;
    int threads = 1;
    std::string device;
};

/// The content of run.toml.
struct RunDescription {
    TrainingRequest request;
    RunFindings findings;

    Value toValue() const;
    /// @throws DataError naming what is missing
    static RunDescription fromValue(const Value& content, const std::string& file);
};

}  // namespace maskscope
