#pragma once

#include <memory>

#include <ATen/core/Tensor.h>

#include "core/registry.h"

namespace maskscope {

/// What a loss compares.
struct LossInput {
    at::Tensor prediction;  // [B, R, T] float
    at::Tensor target;      // [B, R, T] float, or [B, R] int64 codes
    at::Tensor weight;      // [B, R] float, 0 = does not count; undefined: every row counts the same
};

/// Compares predictions with targets. Differentiable in `prediction`.
class Loss {
public:
    virtual ~Loss() = default;

    /// @return scalar, the weighted mean over rows; 0 rows of weight give 0, never NaN
    virtual at::Tensor compute(const LossInput& input) const = 0;

    /// Whether targets must be codes, and predictions logits over them; otherwise both are vectors.
    virtual bool comparesCodes() const { return false; }

    /// Whether the loss of one sample depends on the others in the batch (contrastive, centred): such a loss cannot be
    /// computed micro-batch by micro-batch.
    virtual bool acrossBatch() const { return false; }
};

using LossRegistry = Registry<std::unique_ptr<Loss>>;

/// Every loss that there is.
LossRegistry makeLossRegistry();

}  // namespace maskscope
