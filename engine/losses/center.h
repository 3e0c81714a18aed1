#pragma once

#include <ATen/core/Tensor.h>

#include "core/param_reader.h"
#include "losses/loss.h"

namespace maskscope {

/// The moving mean of what a teacher says, which is taken away from it so that no output wins for ever (Caron et al., DINO, ICCV 2021, Sec. 3.1,
/// Eq. 4), and the two temperatures that go with it.
struct CenteredTeacher {
    double teacherTemperature = 0.04, studentTemperature = 0.1;
    double momentum = 0.9;  // of the mean

    static CenteredTeacher read(ParamReader& reader);

    /// softmax((teacher - center) / teacherTemperature), without gradients. @param teacher  [..., T]
    at::Tensor target(const at::Tensor& teacher, const LossMemory* memory) const;
    /// log softmax(student / studentTemperature). @param student  [..., T]
    at::Tensor logPrediction(const at::Tensor& student) const;
    /// Logits whose prediction is a distribution. @param shares  [T], the teacher's mean @return [T] float
    at::Tensor constantAnswer(const at::Tensor& shares) const;
    /// The center after these rows, as a memory. @param rows  [R, T]; none: it stays where it is
    LossMemory remember(const at::Tensor& rows, const LossMemory* memory) const;
};

}  // namespace maskscope
