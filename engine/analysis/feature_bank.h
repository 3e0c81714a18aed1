#pragma once

#include <functional>
#include <stop_token>

#include "analysis/probe.h"
#include "data/dataset.h"
#include "inference/inference_session.h"

namespace maskscope {

/// Features of labelled samples, nothing hidden: the mean over real tokens after the last norm.
/// Samples that cannot be used are left out.
/// @param samples  each with a label
/// @param labels   of the samples, translated by the caller so that both sets of a probe agree
/// @throws StoppedError
LabelledFeatures collectFeatures(InferenceSession& session, const Dataset& dataset, const std::vector<std::int64_t>& samples,
                                 const std::vector<std::int64_t>& labels, const Progress& progress, std::stop_token stop);

}  // namespace maskscope
