#pragma once

#include <stop_token>

#include "snapshot/forecast.h"
#include "training/training_request.h"

namespace maskscope {

/// Tries a few steps of a run that has not begun, and leaves nothing behind. Opens the data without decoding all of them.
/// Sets the compute threads as the run would: not while another run trains in this process.
/// @throws RecipeError, DataError, DeviceError as Trainer::start; StoppedError
Forecast forecastRun(const TrainingRequest& request, const std::stop_token& stop);

}  // namespace maskscope
