#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "encoders/convnext_v2.h"
#include "families/family.h"
#include "families/weight_map.h"

namespace maskscope {

/// A ConvNeXt V2 of another program as our encoder 'convnext_v2'. For one thread.
class OpenedConvNext {
public:
    /// @param weights  names below "encoder."; others may be there
    /// @throws DataError if weights and settings do not fit together
    OpenedConvNext(const ConvNextV2::Params& params, const ImageInput& input, WeightMap weights);

    /// The maps after the stem and after every stage. @param pixels [B, C, H, W] @return [B, h, w, D]
    std::vector<at::Tensor> see(const at::Tensor& pixels);

    const ConvNextV2::Params& params() const { return params_; }
    void addFacts(IdentityCard& card, const std::string& statisticsFrom) const;
    /// What it is as a method that can be looked into. @return none if its patches do not fit into the image
    std::optional<ForeignModel> asMethod(const std::string& id, const std::string& name, const std::optional<Sides>& size) const;

private:
    ConvNextV2::Params params_;
    ImageInput input_;
    WeightMap weights_;
    std::shared_ptr<ConvNextV2> encoder_;
};

}  // namespace maskscope
