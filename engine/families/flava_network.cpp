#include "families/flava_network.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "families/vit_names.h"
#include "families/words.h"

namespace maskscope {

void FlavaSeen::addOutputs(NamedTensors& outputs, const std::string& masked) const {
    for (const auto& [name, states] : {std::pair{"image", &image}, std::pair{"text", &text}, std::pair{"multimodal", &fused}})
        if (*states) (*states)->addTo(outputs, fmt::format("{}_{}output.", name, masked));
}

void FlavaSeen::addEmbeddings(NamedTensors& outputs, const std::string& masked) const {
    for (const auto& [name, states] : {std::pair{"image", &image}, std::pair{"text", &text}, std::pair{"multimodal", &fused}})
        if (*states) outputs.emplace_back(fmt::format("{}_{}embeddings", name, masked), (*states)->normed);
}

FlavaNetwork::FlavaNetwork(ModelConfig& config, ModelWeights& weights)
    : image_(config.section("image_config"), config, weights, "image_model."),
      text_(openFlavaTextTower(config.section("text_config"), weights, "text_model.")),
      fusion_(config.section("multimodal_config"), weights, "multimodal_model.") {
    const std::int64_t imageWidth = image_.params().width, textWidth = text_->width();
    imageProjection = OuterLinear::take(weights, "image_projection", imageWidth);
    textProjection = OuterLinear::take(weights, "text_projection", textWidth);
    imageToFusion_ = OuterLinear::take(weights, "image_to_mm_projection", imageWidth);
    textToFusion_ = OuterLinear::take(weights, "text_to_mm_projection", textWidth);
    logitScale = weights.take("logit_scale").reshape({});
    const auto projected = config.get<std::int64_t>("projection_dim", 768);
    if (imageProjection.weight.size(0) != projected)
        config.refuse("projection_dim", fmt::format("{}, as the weights have", imageProjection.weight.size(0)));
    for (const char* part : {"image_config", "text_config", "multimodal_config"}) config.section(part).ignore({"model_type", "vocab_size"});
    config.ignore({"logit_scale_init_value", "layer_norm_eps"});
}

FlavaSeen FlavaNetwork::see(ForwardInputs& inputs, const at::Tensor& pixels, const std::string& ids, const at::Tensor& hidden) {
    FlavaSeen seen;
    if (pixels.defined()) seen.image = image_.see(pixels, hidden);
    if (!inputs.find(ids).defined()) return seen;
    const View view = text_->view(inputs, ids);
    seen.text = textStates(*text_, view);
    if (!seen.image) return seen;
    const at::Tensor tokens = at::cat({imageToFusion_.apply(seen.image->last()), textToFusion_.apply(seen.text->last())}, 1);
    at::Tensor real = view.geometry.valid;
    if (real.defined()) {
        const std::int64_t front = seen.image->last().size(1) + (fusion_.hasClassToken() ? 1 : 0);
        real = at::cat({at::ones({real.size(0), front}, real.options()), real}, 1);
    }
    seen.fused = fusion_.see(tokens, real);
    return seen;
}

IdentityCard FlavaNetwork::card() const {
    IdentityCard card;
    card.title = fmt::format("FLAVA: image encoder of {} blocks, multimodal encoder of {}", image_.params().depth, fusion_.depth());
    addVitFacts(card, image_.vit().input(), image_.params(), image_.statisticsFrom());
    card.add("Multimodal encoder", blocksOf(fusion_.depth(), fusion_.width()));
    card.works.push_back("It answers with everything that its encoders and heads say of images and token numbers.");
    card.worksNot.push_back("It is three encoders in one and predicts codes, so no method can show it image by image; open its image encoder alone.");
    return card;
}

}  // namespace maskscope
