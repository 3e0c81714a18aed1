#include "losses/sampled_contrastive.h"

#include <limits>

#include <ATen/ops/cat.h>
#include <ATen/ops/cosine_similarity.h>

#include "tensor/shape.h"

namespace maskscope {

at::Tensor sampledContrastive(const at::Tensor& prediction, const at::Tensor& target, const at::Tensor& negatives, const at::Tensor& counts,
                              double temperature) {
    requireShape(prediction, {kAnySize, kAnySize, kAnySize}, "predictions");
    const std::int64_t batch = prediction.size(0), tokens = prediction.size(1), width = prediction.size(2);
    requireShape(target, {batch, tokens, width}, "true vectors");
    requireShape(negatives, {batch, tokens, kAnySize}, "numbers of the drawn vectors");
    requireShape(counts, {batch, tokens}, "tokens that count");
    const at::Tensor truth = target.unsqueeze(2);
    const at::Tensor drawn = target.reshape({batch * tokens, width}).index_select(0, negatives.reshape({-1})).view({batch, tokens, -1, width});
    const at::Tensor cosines = at::cosine_similarity(prediction.unsqueeze(2), at::cat({truth, drawn}, 2), -1).div(temperature);
    const at::Tensor same = at::cat({truth.ne(truth).any(-1), drawn.eq(truth).all(-1)}, 2);
    const at::Tensor scores = cosines.masked_fill(same, -std::numeric_limits<double>::infinity());
    return scores.log_softmax(-1).select(-1, 0).neg().mul(counts.to(scores.scalar_type())).sum();
}

}  // namespace maskscope
