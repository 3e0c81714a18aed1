#pragma once

#include <filesystem>
#include <string>

#include "snapshot/records.h"

namespace maskscope {

/// Watches a training run. Called on the training thread between steps; what it takes is lost to training, so observers copy
/// and return. They cannot change a run: a watched run equals an unwatched one bit for bit.
class TrainingObserver {
public:
    virtual ~TrainingObserver() = default;

    virtual void onNotice(const std::string& /*line*/) {}
    virtual void onWork(const WorkRecord&) {}
    virtual void onStep(const StepRecord&) {}
    virtual void onValidation(const ValidationRecord&) {}
    virtual void onProbes(const ProbeRecord&) {}
    virtual void onCheckpoint(std::int64_t /*step*/, const std::filesystem::path& /*folder*/) {}
};

}  // namespace maskscope
