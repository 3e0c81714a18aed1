#pragma once

#include <vector>

#include "snapshot/records.h"

namespace maskscope {

class RunDirectory;

/// The course of a run as its files tell it.
struct RunHistory {
    std::vector<StepRecord> steps;
    /// With the reference lines that the run keeps. Runs of older versions keep none: then the mean patch alone follows from loss and
    /// skill. `objectives` has the only one of a recipe with one objective, and is empty otherwise.
    std::vector<ValidationRecord> validations;
};

/// Reads a run's course, also while another process writes it. @throws DataError, FileError naming what is damaged
RunHistory readRunHistory(const RunDirectory& run);

}  // namespace maskscope
