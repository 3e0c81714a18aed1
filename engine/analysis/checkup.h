#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "analysis/inference_desk.h"
#include "inference/inference_session.h"
#include "snapshot/checkup.h"

namespace maskscope {

/// A check-up that is made part by part. One thread.
struct CheckupWork {
    CheckupQuestion question;
    FeatureSpread spread;              // after the first part
    std::vector<std::int64_t> labels;  // of the samples that could be used
    std::vector<at::Tensor> features;  // [b, D] a part, of the same samples
    std::size_t next = 0;              // into question.samples

    WorkRecord progress() const { return {"check-up", static_cast<std::int64_t>(next), static_cast<std::int64_t>(question.samples.size())}; }
};

/// A part of the samples more: the first one also measures how the features spread. @return whether it was the last one
bool goOn(InferenceSession& session, std::int64_t step, CheckupWork& work);

/// After the last part. @throws DataError if no sample could be used
CheckupRecord finish(std::int64_t step, const CheckupWork& work);

}  // namespace maskscope
