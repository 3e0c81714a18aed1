#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "encoders/convnext_v2.h"
#include "families/family.h"
#include "families/recipe_tables.h"
#include "families/weight_map.h"

namespace maskscope {

/// A ConvNeXt V2 of another program as our encoder 'convnext_v2'. For one thread.
class OpenedConvNext {
public:
    /// @param weights  names below "encoder." and, with a decoder, "head_reconstruction."; others may be there
    /// @throws DataError if weights and settings do not fit together
    OpenedConvNext(const ConvNextV2::Params& params, const ImageInput& input, WeightMap weights);

    /// The maps after the stem and after every stage. @param pixels [B, C, H, W] @return [B, h, w, D]
    std::vector<at::Tensor> see(const at::Tensor& pixels);

    const ConvNextV2::Params& params() const { return params_; }
    void addFacts(IdentityCard& card, const std::string& statisticsFrom) const;
    /// Whether its head_reconstruction came along: the decoder of its pre-training.
    bool hasDecoder() const;
    /// What it is as a method: one that can be looked into, or reconstructs where `parts` has a head, leaving out what is hidden.
    /// @param parts  without input and encoder  @return none if its patches do not fit into the image
    std::optional<ForeignModel> asMethod(MethodParts parts, const std::optional<Sides>& size) const;

private:
    ConvNextV2::Params params_;
    ImageInput input_;
    WeightMap weights_;
    std::shared_ptr<ConvNextV2> encoder_;
};

}  // namespace maskscope
