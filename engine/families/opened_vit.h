#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/value.h"
#include "encoders/encoder.h"
#include "families/family.h"
#include "families/weight_map.h"
#include "tensor/corruption.h"
#include "tensor/features.h"
#include "tensor/input_spec.h"
#include "tensor/mask_plan.h"

namespace maskscope {

/// A Vision Transformer of another program as our encoder 'vit', at any image size: for other sizes than the config's, positions
/// are resized. For one thread.
class OpenedVit {
public:
    /// What becomes of a tensor below "encoder." for images of another size, the config's own included.
    using Resizing = std::function<at::Tensor(const std::string& name, const at::Tensor& value, const ImageInput& to)>;

    /// @param table      [encoder] of a recipe
    /// @param input      at the config's size
    /// @param weights    names below "encoder."; others may be there
    /// @param antialias  of resized positions
    /// @param resizing   for families that resize in a way of their own; none: positions are resized, all else stays
    /// @throws DataError if weights and table do not fit together
    OpenedVit(Value table, ImageInput input, WeightMap weights, bool antialias = false, Resizing resizing = {});

    const Value& table() const { return table_; }
    const ImageInput& input() const { return input_; }
    WeightMap& weights() { return weights_; }
    const WeightMap& weights() const { return weights_; }
    bool hasMaskToken() const { return weights_.find("encoder.mask_token").defined(); }

    /// The input at another size, which is rounded down to whole patches.
    ImageInput inputAt(const Sides& size) const;
    /// The tensors below "encoder." as they are at that size.
    NamedTensors tensorsAt(const ImageInput& input) const;

    /// The encoder alone as a method that can be looked into: without its mask token, which nothing would use.
    /// @param size  of the images; none: the config's
    ForeignModel asMethod(const std::string& id, const std::string& name, const std::optional<Sides>& size) const;

    /// Looks at images with everything tapped.
    /// @param pixels  [B, C, H, W] float; what exceeds whole patches is left out at the right and the bottom, as a convolution does
    /// @param plan    a mask "hidden", or none
    /// @param kind    what happens to hidden patches
    Features see(const at::Tensor& pixels, const MaskPlan& plan, CorruptionKind kind);

private:
    at::Tensor sized(const std::string& name, const at::Tensor& value, const ImageInput& input) const;
    Encoder& encoderAt(const ImageInput& input);

    Value table_;
    ImageInput input_;
    WeightMap weights_;
    bool antialias_;
    Resizing resizing_;
    std::shared_ptr<Encoder> encoder_;
    Sides encoderSides_;
};

/// Class tokens, registers and patches of a pass in one row. @return [B, R + K, D]
at::Tensor wholeSequence(const Features& features);
/// Adds hidden_states.0, hidden_states.1, ... and attentions.0, ...
void addStates(NamedTensors& outputs, const Features& features);

/// A plan that replaces patches. @param hidden  [B, N] bool or numbers, 1 = hidden; undefined: an empty plan
MaskPlan replacingPlan(const at::Tensor& hidden);

}  // namespace maskscope
