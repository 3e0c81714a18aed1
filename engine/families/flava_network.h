#pragma once

#include <memory>
#include <optional>
#include <string>

#include "families/flava_towers.h"
#include "snapshot/identity_card.h"

namespace maskscope {

/// What FLAVA's three encoders say of one pair of batches.
struct FlavaSeen {
    std::optional<TowerStates> image, text, fused;

    /// Adds image_output.*, text_output.*, multimodal_output.* with `masked` ("masked_" or none) in the names.
    void addOutputs(NamedTensors& outputs, const std::string& masked) const;
    /// Adds image_embeddings, text_embeddings, multimodal_embeddings likewise: what the final norms left.
    void addEmbeddings(NamedTensors& outputs, const std::string& masked) const;
};

/// FLAVA's encoders and the maps between them (Singh et al., CVPR 2022, Sec. 3.1).
class FlavaNetwork {
public:
    FlavaNetwork(ModelConfig& config, ModelWeights& weights);

    /// @param pixels  undefined: there is no image
    /// @param ids     name of the input that holds token numbers; where it is missing there is no text
    /// @param hidden  of the patches, 1 = hidden; undefined: none is
    FlavaSeen see(ForwardInputs& inputs, const at::Tensor& pixels, const std::string& ids, const at::Tensor& hidden);
    IdentityCard card() const;

    const FlavaImageTower& image() const { return image_; }
    std::int64_t textWidth() const { return textProjection.weight.size(1); }

    OuterLinear imageProjection, textProjection;  // of class tokens, for contrast
    at::Tensor logitScale;                        // [], logarithm

private:
    FlavaImageTower image_;
    std::unique_ptr<OpenedText> text_;
    FlavaFusionTower fusion_;
    OuterLinear imageToFusion_, textToFusion_;
};

}  // namespace maskscope
