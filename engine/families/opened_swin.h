#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "encoders/swin.h"
#include "families/model_config.h"
#include "families/weight_map.h"
#include "snapshot/identity_card.h"
#include "tensor/input_spec.h"

namespace maskscope {

/// A Swin Transformer of another program as our encoder 'swin'. For one thread.
class OpenedSwin {
public:
    /// @param input    its patch is the encoder's total stride; its sides need not be multiples of it
    /// @param weights  names below "encoder."; others may be there
    /// @throws DataError if weights and settings do not fit together
    OpenedSwin(const Swin::Params& params, const ImageInput& input, WeightMap weights);

    struct Seen {
        at::Tensor embedded;                 // [B, N, D] what enters the first stage
        std::int64_t rows = 0, columns = 0;  // of `embedded`
        std::vector<StageTokens> stages;
        at::Tensor features;  // [B, N', D'], the last stage's tokens after the final norm
    };
    /// @param pixels  [B, C, H, W]; zeros fill them up to whole patches
    /// @param hidden  [B, N], 1 = a mask token stands here; undefined: nowhere
    /// @throws DataError if they do not fit
    Seen see(const at::Tensor& pixels, const at::Tensor& hidden);

    const Swin::Params& params() const { return params_; }
    const ImageInput& input() const { return input_; }
    const WeightMap& weights() const { return weights_; }
    bool hasMaskToken() const { return weights_.find("encoder.mask_token").defined(); }

    /// [encoder] of a recipe, without `sees`.
    Value table() const;
    /// [input] of a recipe, and the tensors below "encoder." at that size.
    /// @return none if tokens of the last stage do not fit into the image
    std::optional<ImageInput> inputAt(const std::optional<Sides>& size) const;
    NamedTensors tensorsAt(const ImageInput& input) const;
    void addFacts(IdentityCard& card, const std::string& statisticsFrom) const;

private:
    at::Tensor positionsAt(std::int64_t rows, std::int64_t columns) const;

    Swin::Params params_;
    ImageInput input_;
    WeightMap weights_;
    std::shared_ptr<Swin> encoder_;
};

}  // namespace maskscope
