#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "core/registry.h"
#include "tensor/features.h"
#include "tensor/input_spec.h"
#include "tensor/mask_plan.h"

namespace maskscope {

/// The tokens that an objective compares: those of a mask, all of them, or the class token alone, which stands for the whole sample.
enum class TokenChoice { Hidden, Visible, All, Class };

/// What a head is told besides its own settings.
struct HeadContext {
    const InputSpec& input;
    std::int64_t featureWidth;                 // D of the features that it reads
    std::int64_t targetWidth;                  // T
    std::vector<std::int64_t> mapWidths = {};  // D of each of Features::maps
};

/// Predicts targets from features.
class Head : public torch::nn::Module {
public:
    /// @param split  of the mask that the features were made under; null: nothing was hidden
    /// @param rows   which tokens to predict; a head computes no more than it needs
    /// @return       [B, R, T]; rows in the order of split->hidden, split->visible, or all N; one row for the class token
    /// @throws ShapeError if hidden tokens are asked of features that dropped them and the head has no tokens of its own
    virtual at::Tensor forward(const Features& features, const TokenSplit* split, TokenChoice rows) = 0;

    /// What the head says inside, for pictures: tokens [B, N, D] after its last norm, all of them, and what `taps` asks for.
    /// @throws UsageError if the head has no layers of its own
    virtual Features look(const Features& features, const TokenSplit* split, const Taps& taps);

    /// Whether it can predict tokens that the features do not hold.
    virtual bool restoresDropped() const = 0;
    /// Whether a moving average of this head, for a teacher, averages a parameter; otherwise it takes it over as it is.
    virtual bool isAveraged(const std::string& parameterName) const {
        (void)parameterName;
        return true;
    }
};

using HeadRegistry = Registry<std::shared_ptr<Head>, const HeadContext&>;

/// Every head that there is.
HeadRegistry makeHeadRegistry();

}  // namespace maskscope
