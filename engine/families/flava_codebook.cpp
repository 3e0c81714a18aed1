#include "families/flava_codebook.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "families/flava_family.h"
#include "families/weight_map.h"

namespace maskscope {
namespace {

constexpr std::int64_t kGroups = 4, kCellPx = 8;

DalleEncoder::Params readParams(ModelConfig& config) {
    DalleEncoder::Params params;
    params.vocabulary = config.get<std::int64_t>("vocab_size", 8192);
    params.width = config.get<std::int64_t>("hidden_size", 256);
    params.blocks = config.get<std::int64_t>("num_blocks_per_group", 2);
    if (config.get<std::int64_t>("num_groups", kGroups) != kGroups) config.refuse("num_groups", "4, which the network has in any case");
    if (params.width < 4) config.refuse("hidden_size", "at least 4");
    if (params.blocks < 1) config.refuse("num_blocks_per_group", "at least 1");
    config.ignore({"freeze"});
    params.initialization = "xavier";
    return params;
}

ImageInput inputOf(ModelConfig& config) {
    ImageInput input;
    input.channels = config.get<std::int64_t>("input_channels", 3);
    if (input.channels < 1) config.refuse("input_channels", "a number above 0");
    input.height = input.width = 112;  // of FLAVA's codebook images; any size will do
    input.patchHeight = input.patchWidth = kCellPx;
    return input;
}

class CodebookModel : public FamilyModel {
public:
    CodebookModel(ModelConfig& config, ModelWeights& weights) : encoder_(makeFlavaCodebook(config, weights, "")) {}

    NamedTensors forward(ForwardInputs& inputs) override {
        const at::Tensor logits = encoder_->logits(inputs.require("pixel_values").to(at::kFloat));
        return {{"logits", logits}, {"codebook_indices", logits.argmax(1)}, {"codebook_probs", logits.softmax(1)}};
    }
    IdentityCard card() const override {
        IdentityCard card;
        card.title = "FLAVA's image codebook, the encoder of a discrete autoencoder";
        card.add("Codes", fmt::format("{}, one for {} x {} pixels", encoder_->width(), kCellPx, kCellPx));
        card.works.push_back("It gives the code of every cell of an image, at any size.");
        card.worksNot.push_back("It has no decoder, so its codes cannot be shown as pictures.");
        return card;
    }
    std::optional<ForeignModel> asMethod(const std::optional<Sides>&) const override { return std::nullopt; }

private:
    std::shared_ptr<DalleEncoder> encoder_;
};

}  // namespace

std::shared_ptr<DalleEncoder> makeFlavaCodebook(ModelConfig& config, ModelWeights& weights, const std::string& prefix) {
    const DalleEncoder::Params params = readParams(config);
    auto encoder = std::make_shared<DalleEncoder>(params, InputSpec{inputOf(config)});
    WeightMap map(weights);
    map.linear("input", prefix + "blocks.input");
    for (std::int64_t i = 0; i < kGroups * params.blocks; ++i) {
        const std::string ours = fmt::format("block{}.", i),
                          theirs = fmt::format("{}blocks.group_{}.group.block_{}.", prefix, i / params.blocks + 1, i % params.blocks + 1);
        if (weights.has(theirs + "id_path.weight")) map.linear(ours + "skip", theirs + "id_path");
        for (int step = 1; step <= 4; ++step) map.linear(fmt::format("{}conv{}", ours, step), fmt::format("{}res_path.path.conv_{}", theirs, step));
    }
    map.linear("output", prefix + "blocks.output.conv");
    map.fill(*encoder);
    encoder->eval();
    return encoder;
}

std::unique_ptr<FamilyModel> openFlavaCodebook(ModelConfig& config, ModelWeights& weights) {
    config.expectClass("FlavaImageCodebook");
    weights.dropPrefix("image_codebook.");
    return std::make_unique<CodebookModel>(config, weights);
}

}  // namespace maskscope
