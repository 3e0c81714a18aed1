#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include <ATen/core/Tensor.h>

#include "core/registry.h"

namespace maskscope {

/// What a loss keeps from step to step, by names of its own ("center"): signals of a run.
using LossMemory = std::map<std::string, at::Tensor>;

/// What a loss compares.
struct LossInput {
    at::Tensor prediction;               // [B, R, T] float
    at::Tensor target;                   // [B, R, T] float, or [B, R] int64 codes
    at::Tensor weight;                   // [B, R] float, 0 = does not count; undefined: every row counts the same
    const LossMemory* memory = nullptr;  // what the loss remembered of the step before; null or without an entry: nothing yet
    std::int64_t copies = 1;             // masks a sample, whose rows of the batch are neighbours
};

/// Compares predictions with targets. Differentiable in `prediction`.
class Loss {
public:
    virtual ~Loss() = default;

    /// @return scalar, the weighted mean over rows; 0 rows of weight give 0, never NaN
    virtual at::Tensor compute(const LossInput& input) const = 0;

    /// The loss of each row alone, for whoever learns from it. @return [B, R]; undefined: the loss has no value a row
    virtual at::Tensor ofRows(const LossInput& input) const;

    /// Whether targets must be codes, and predictions logits over them; otherwise both are vectors.
    virtual bool comparesCodes() const { return false; }

    /// Whether the loss of one sample depends on the others in the batch (contrastive, centred): such a loss cannot be
    /// computed micro-batch by micro-batch.
    virtual bool acrossBatch() const { return false; }

    /// Whether there is a best prediction that never looks at its sample: what a method must beat to have learned anything.
    virtual bool hasConstantAnswer() const { return !acrossBatch(); }
    /// What that prediction follows from, averaged over targets: of vectors their mean, of codes the share of each. Prediction: of any values,
    /// T of them. @return [T] double
    virtual at::Tensor targetMean(const LossInput& input) const;
    /// The prediction itself. @param mean  of targetMean() over all targets @return [T] float
    virtual at::Tensor constantAnswer(const at::Tensor& mean) const;
    /// What that prediction costs. @param input  its prediction is not looked at  @param mean  as in constantAnswer()  @return scalar
    virtual at::Tensor constantLoss(const LossInput& input, const at::Tensor& mean) const;

    /// Whether the loss needs what it remembered of the steps before.
    virtual bool remembers() const { return false; }
    /// What to remember for the next step, after training on this input; empty for losses without memory. Without gradients.
    virtual LossMemory remember(const LossInput& input) const {
        (void)input;
        return {};
    }
};

using LossRegistry = Registry<std::unique_ptr<Loss>>;

/// Every loss that there is.
LossRegistry makeLossRegistry();

}  // namespace maskscope
