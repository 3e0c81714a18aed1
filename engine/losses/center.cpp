#include "losses/center.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>

#include "losses/row_mean.h"

namespace maskscope {
namespace {

constexpr const char* kCenter = "center";

/// [T], zeros at first.
at::Tensor centerOf(const LossMemory* memory, const at::Tensor& like) {
    if (memory != nullptr)
        if (const auto known = memory->find(kCenter); known != memory->end()) return known->second.to(like.device(), like.scalar_type());
    return at::zeros({like.size(-1)}, like.options());
}

}  // namespace

CenteredTeacher CenteredTeacher::read(ParamReader& reader) {
    CenteredTeacher p;
    p.teacherTemperature = reader.number("teacher_temperature", p.teacherTemperature, Range::positive(), "the teacher's logits are divided by it");
    p.studentTemperature = reader.number("student_temperature", p.studentTemperature, Range::positive(), "the student's logits are divided by it");
    p.momentum = reader.number("center_momentum", p.momentum, Range::between(0, 1), "share of the center that stays at each step");
    return p;
}

at::Tensor CenteredTeacher::target(const at::Tensor& teacher, const LossMemory* memory) const {
    const at::NoGradGuard noGrad;
    return teacher.sub(centerOf(memory, teacher)).div(teacherTemperature).softmax(-1);
}

at::Tensor CenteredTeacher::logPrediction(const at::Tensor& student) const { return student.div(studentTemperature).log_softmax(-1); }

at::Tensor CenteredTeacher::constantAnswer(const at::Tensor& shares) const { return logShares(shares).mul(studentTemperature); }

LossMemory CenteredTeacher::remember(const at::Tensor& rows, const LossMemory* memory) const {
    const at::NoGradGuard noGrad;
    const at::Tensor center = centerOf(memory, rows);
    return {{kCenter, rows.size(0) == 0 ? center : center.mul(momentum).add(rows.mean(0), 1.0 - momentum)}};
}

}  // namespace maskscope
