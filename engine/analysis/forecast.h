#pragma once

#include <stop_token>

#include "snapshot/forecast.h"
#include "training/training_request.h"

namespace maskscope {

/// Tries a few steps of a run that has not begun, and leaves nothing behind. Opens the data without decoding all of them.
/// Sets the compute threads as the run would: not while another run trains in this process.
/// @throws RecipeError, DataError, DeviceError as Trainer::start; StoppedError
Forecast forecastRun(const TrainingRequest& request, const std::stop_token& stop);

/// The same in a moment, for somebody who is still choosing: a few samples instead of a batch wherever the batch would take long or much
/// memory, and no steps at all where parameters and optimiser alone exceed what is left (then stepSeconds and totalSeconds are 0, and
/// peakBytes is what these take).
Forecast estimateRun(const TrainingRequest& request, const std::stop_token& stop);

/// Whether the run would hold more than there is. Decoded images do not count: they are kept only where they fit.
bool exceedsMemory(const Forecast& forecast);

}  // namespace maskscope
