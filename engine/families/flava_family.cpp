#include "families/flava_family.h"

#include "families/flava_network.h"
#include "families/flava_pretraining.h"

namespace maskscope {
namespace {

class FlavaModel : public FamilyModel {
public:
    FlavaModel(ModelConfig& config, ModelWeights& weights) : network_(config, weights) {}

    NamedTensors forward(ForwardInputs& inputs) override {
        NamedTensors outputs;
        const FlavaSeen seen = network_.see(inputs, inputs.find("pixel_values"), "input_ids", inputs.find("bool_masked_pos"));
        seen.addOutputs(outputs, "");
        seen.addEmbeddings(outputs, "");
        if (outputs.empty()) inputs.require("pixel_values");
        return outputs;
    }
    IdentityCard card() const override { return network_.card(); }
    std::optional<ForeignModel> asMethod(const std::optional<Sides>&) const override { return std::nullopt; }

private:
    FlavaNetwork network_;
};

}  // namespace

std::unique_ptr<FamilyModel> openFlava(ModelConfig& config, ModelWeights& weights) {
    weights.dropPrefix("flava.");
    weights.ignoreEnding("embeddings.position_ids");
    const std::string name = config.className();
    if (name == "FlavaForPreTraining" || (name.empty() && weights.has("itm_head.seq_relationship.weight")))
        return openFlavaPretraining(config, weights);
    if (!name.empty() && name != "FlavaModel") config.refuse("architectures", "FlavaForPreTraining or FlavaModel");
    config.ignore({"ce_ignore_index", "global_backprop_contrastive", "global_contrastive_weight", "hidden_size", "image_codebook_config",
                   "init_codebook", "itm_weight", "mim_weight", "mlm_weight", "mmm_image_weight", "mmm_text_weight", "return_loss",
                   "skip_unmasked_multimodal_encoder", "tie_word_embeddings"});
    return std::make_unique<FlavaModel>(config, weights);
}

}  // namespace maskscope
