#pragma once

#include <memory>

#include "encoders/series_transformer.h"
#include "families/family.h"
#include "tensor/series.h"

namespace maskscope {

/// What PatchTST says about a batch before any head.
struct SeriesAnswer {
    ScaledSeries scaled;
    at::Tensor patches;  // [B, C, N, P] of the scaled series
    at::Tensor hidden;   // [B, C, N] bool; undefined: nothing is hidden
    Features features;
};

/// What a class of PatchTST does with it. For one thread.
class PatchTstTask {
public:
    virtual ~PatchTstTask() = default;
    /// Whether patches are hidden whatever the config says, and whether they are if it says so.
    virtual bool masksAlways() const { return false; }
    virtual bool masksIfAsked() const { return false; }
    /// Adds the outputs of the class, states and attentions apart. May read further inputs.
    virtual void answer(const SeriesAnswer& seen, ForwardInputs& inputs, NamedTensors& outputs) = 0;
    virtual void describe(IdentityCard& card) const = 0;
};

/// The task of PatchTSTModel (also where the config names no class), PatchTSTForPretraining, ForPrediction, ForRegression, ForClassification.
/// @throws DataError for another class, for heads that give distributions, or if config and weights cannot be honoured
std::unique_ptr<PatchTstTask> makePatchTstTask(ModelConfig& config, ModelWeights& weights, const SeriesInput& input,
                                               const SeriesTransformer::Params& params);

}  // namespace maskscope
