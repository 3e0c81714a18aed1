#include "losses/dino_loss.h"

#include <limits>

#include <ATen/ops/einsum.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/ones.h>
#include <fmt/format.h>

#include "core/error.h"
#include "losses/row_mean.h"
#include "tensor/shape.h"

namespace maskscope {

at::Tensor DinoLoss::compute(const LossInput& input) const {
    const at::Tensor &student = input.prediction, &teacher = input.target;
    if (!student.defined() || student.dim() != 3 || !teacher.defined() || teacher.dim() != 3 || student.size(0) != teacher.size(0) ||
        student.size(2) != teacher.size(2))
        throw ShapeError(fmt::format("loss 'dino' got the prediction {} and the target {}, expected [B, S, T] and [B, V, T]", shapeText(student),
                                     shapeText(teacher)));
    const std::int64_t batch = student.size(0), views = student.size(1);
    if (input.weight.defined()) requireShape(input.weight, {batch, views}, "weights of rows");
    // [B, V, S], 1 = the pair counts
    const at::Tensor pairs = at::ones({teacher.size(1), views}, student.options()).sub(at::eye(teacher.size(1), views, student.options()));
    const at::Tensor weight =
        input.weight.defined() ? pairs.mul(input.weight.to(student.scalar_type()).unsqueeze(1)) : pairs.expand({batch, teacher.size(1), views});
    const at::Tensor entropies = at::einsum("bvt,bst->bvs", {teacher_.target(teacher, input.memory), teacher_.logPrediction(student)}).neg();
    return entropies.mul(weight).sum().div(weight.sum().clamp_min(std::numeric_limits<float>::min()));
}

at::Tensor DinoLoss::targetMean(const LossInput& input) const { return weightedMean(teacher_.target(input.target, input.memory), {}); }

LossMemory DinoLoss::remember(const LossInput& input) const { return teacher_.remember(input.target.flatten(0, 1), input.memory); }

}  // namespace maskscope
