#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/flava_family.h"
#include "families/flava_towers.h"
#include "families/recipe_tables.h"
#include "families/vit_names.h"
#include "families/words.h"

namespace maskscope {
namespace {

class FlavaImageModel : public FamilyModel {
public:
    FlavaImageModel(ModelConfig& config, ModelWeights& weights) : tower_(config, config, weights, "") {
        config.ignore({"vocab_size"});  // of the codes that another class predicts
    }

    NamedTensors forward(ForwardInputs& inputs) override {
        inputs.find("interpolate_pos_encoding");  // other sizes are resized for in any case
        NamedTensors outputs;
        tower_.see(inputs.require("pixel_values"), inputs.find("bool_masked_pos")).addTo(outputs, "");
        return outputs;
    }
    IdentityCard card() const override {
        IdentityCard card;
        card.title = "FLAVA's image encoder: " + blocksOf(tower_.params().depth, tower_.params().width);
        addVitFacts(card, tower_.vit().input(), tower_.params(), tower_.statisticsFrom());
        card.add("Positions", "a learned vector for every patch");
        card.add("Mask token", tower_.vit().hasMaskToken() ? "yes" : "no");
        card.works.push_back(kLookedInto);
        card.worksNot.push_back(kNoDecoder);
        return card;
    }
    std::optional<ForeignModel> asMethod(const std::optional<Sides>& size) const override {
        return tower_.vit().asMethod("flava_image", "FLAVA's image encoder", size);
    }

private:
    FlavaImageTower tower_;
};

class FlavaMultimodalModel : public FamilyModel {
public:
    FlavaMultimodalModel(ModelConfig& config, ModelWeights& weights) : tower_(config, weights, "") {}

    NamedTensors forward(ForwardInputs& inputs) override {
        const at::Tensor mask = inputs.find("attention_mask");
        NamedTensors outputs;
        tower_.see(inputs.require("hidden_states").to(at::kFloat), mask.defined() ? mask.ne(0) : mask).addTo(outputs, "");
        return outputs;
    }
    IdentityCard card() const override {
        IdentityCard card;
        card.title = "FLAVA's multimodal encoder: " + blocksOf(tower_.depth(), tower_.width());
        card.worksNot.push_back("It runs on what FLAVA's image and text encoders say, not on images or texts.");
        return card;
    }
    std::optional<ForeignModel> asMethod(const std::optional<Sides>&) const override { return std::nullopt; }

private:
    FlavaFusionTower tower_;
};

}  // namespace

std::unique_ptr<FamilyModel> openFlavaImage(ModelConfig& config, ModelWeights& weights) {
    config.expectClass("FlavaImageModel");
    for (const char* prefix : {"flava.", "image_model."}) weights.dropPrefix(prefix);
    return std::make_unique<FlavaImageModel>(config, weights);
}

std::unique_ptr<FamilyModel> openFlavaText(ModelConfig& config, ModelWeights& weights) {
    config.expectClass("FlavaTextModel");
    for (const char* prefix : {"flava.", "text_model."}) weights.dropPrefix(prefix);
    weights.ignoreEnding("embeddings.position_ids");
    return openFlavaTextTower(config, weights, "");
}

std::unique_ptr<FamilyModel> openFlavaMultimodal(ModelConfig& config, ModelWeights& weights) {
    config.expectClass("FlavaMultimodalModel");
    for (const char* prefix : {"flava.", "multimodal_model."}) weights.dropPrefix(prefix);
    return std::make_unique<FlavaMultimodalModel>(config, weights);
}

}  // namespace maskscope
