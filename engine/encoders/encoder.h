#pragma once

#include <memory>
#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "core/registry.h"
#include "tensor/corruption.h"
#include "tensor/features.h"
#include "tensor/input_spec.h"
#include "tensor/mask_plan.h"
#include "tensor/view.h"

namespace maskscope {

/// Turns a view into features. Masking is not the encoder's business: it is told what a mask plan and a corruption ask for,
/// and says which corruptions it can honour.
class Encoder : public torch::nn::Module {
public:
    /// Whether a corruption of this kind at this place can be honoured; composing refuses recipes that ask for more.
    virtual bool honours(const Corruption& corruption) const = 0;
    /// Called once for every corruption that the recipe will ask for, before parameters are initialised and counted: the place
    /// to make parameters that only this corruption needs (a mask token).
    virtual void prepare(const Corruption& corruption) { (void)corruption; }

    /// @param view        with the tensors of the input's kind; B rows
    /// @param plan        masks of B * copies rows; the view is repeated `copies` times
    /// @param corruption  what to do with hidden tokens; CorruptionKind::None: all are seen and `plan` is not read
    virtual Features forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) = 0;

    /// D, channels of the features.
    virtual std::int64_t width() const = 0;
    /// D of each of Features::maps, every map having half the sides of the one before; empty: it gives none.
    virtual std::vector<std::int64_t> mapWidths() const { return {}; }
    /// Depth of a parameter for layer-wise learning-rate decay: 0 embedding, 1..depth blocks, depth + 1 what comes after.
    virtual std::int64_t layerOf(const std::string& parameterName) const = 0;
    virtual std::int64_t depth() const = 0;
    /// How initializeParameters should treat the matrices: "xavier" or "normal".
    virtual const std::string& initialization() const = 0;
};

using EncoderRegistry = Registry<std::shared_ptr<Encoder>, const InputSpec&>;

/// Every encoder that there is.
EncoderRegistry makeEncoderRegistry();

}  // namespace maskscope
