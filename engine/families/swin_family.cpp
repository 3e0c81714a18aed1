#include "families/swin_family.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/image_statistics.h"
#include "families/opened_swin.h"
#include "families/simmim_decoder.h"
#include "families/swin_names.h"
#include "families/transformers_heads.h"
#include "tensor/patches.h"

namespace maskscope {
namespace {

constexpr const char* kHead = "head_reconstruction.predict";

enum class SwinUse { Model, MaskedImages, Classification };

SwinUse useOf(ModelConfig& config, const ModelWeights& weights) {
    const std::string name = config.className();
    if (name.ends_with("ForMaskedImageModeling")) return SwinUse::MaskedImages;
    if (name.ends_with("ForImageClassification")) return SwinUse::Classification;
    if (name.ends_with("Model")) return SwinUse::Model;
    if (!name.empty()) config.refuse("architectures", "SwinModel, SwinForMaskedImageModeling or SwinForImageClassification, or those of Swinv2");
    return weights.has("decoder.0.weight") ? SwinUse::MaskedImages : weights.has("classifier.weight") ? SwinUse::Classification : SwinUse::Model;
}

class SwinModel : public FamilyModel {
public:
    SwinModel(ModelConfig& config, ModelWeights& weights, std::int64_t version);
    NamedTensors forward(ForwardInputs& inputs) override;
    IdentityCard card() const override;
    std::optional<ForeignModel> asMethod(const std::optional<Sides>& size) const override;

private:
    /// The input in patches as large as what a token of the last stage becomes.
    ImageInput drawnInput() const {
        ImageInput input = swin_->input();
        input.patchHeight = input.patchWidth = stride_;
        return input;
    }
    void readDecoder(ModelConfig& config, ModelWeights& weights);
    void addReconstruction(NamedTensors& outputs, const at::Tensor& pixels, const at::Tensor& hidden, const OpenedSwin::Seen& seen) const;
    void addClasses(NamedTensors& outputs, const at::Tensor& labels, const OpenedSwin::Seen& seen) const;
    bool reconstructsWholeImages() const { return use_ == SwinUse::MaskedImages && stride_ == swin_->params().totalStride(); }

    SwinUse use_;
    std::unique_ptr<OpenedSwin> swin_;
    std::int64_t stride_;  // pixels that a token of the last stage becomes
    OuterLinear decoder_;  // rows in our order of a patch's values: (row, column, channel)
    OuterLinear classifier_;
    std::string problemType_, statisticsFrom_;
};

SwinModel::SwinModel(ModelConfig& config, ModelWeights& weights, std::int64_t version)
    : use_(useOf(config, weights)), stride_(config.get<std::int64_t>("encoder_stride", 32)) {
    const Swin::Params params = readSwinParams(config, version);
    ImageInput input = readSwinInput(config, params);
    statisticsFrom_ = readStatistics(config, ImageStatistics::imageNet(), input);
    weights.dropPrefix(version == 2 ? "swinv2." : "swin.");
    swin_ = std::make_unique<OpenedSwin>(params, input, mapSwinEncoder(weights, params));
    if (use_ == SwinUse::MaskedImages) readDecoder(config, weights);
    if (use_ != SwinUse::Classification) return;
    classifier_ = OuterLinear::take(weights, "classifier", params.widthOf(params.stages() - 1));
    problemType_ = config.get<std::string>("problem_type", "");
}

void SwinModel::readDecoder(ModelConfig& config, ModelWeights& weights) {
    const std::int64_t channels = swin_->input().channels, width = swin_->params().widthOf(swin_->params().stages() - 1);
    const at::Tensor weight = weights.take("decoder.0.weight"), bias = weights.take("decoder.0.bias");
    if (stride_ < 1 || weight.numel() != stride_ * stride_ * channels * width || bias.numel() != stride_ * stride_ * channels)
        throw DataError(fmt::format("{}: tensor 'decoder.0.weight' is [{}], but encoder_stride {} and {} channels ask for [{}, {}, 1, 1]",
                                    weights.subject(), fmt::join(weight.sizes(), ", "), stride_, channels, stride_ * stride_ * channels, width));
    if (!swin_->hasMaskToken())
        throw DataError(fmt::format("{}: there is no tensor 'embeddings.mask_token', which masked image modelling needs", config.subject()));
    const ImageInput drawn = drawnInput();
    decoder_ = {shuffledRows(weight, drawn), shuffledRows(bias.flatten(), drawn)};
}

void SwinModel::addReconstruction(NamedTensors& outputs, const at::Tensor& pixels, const at::Tensor& hidden, const OpenedSwin::Seen& seen) const {
    const StageTokens& last = seen.stages.back();
    ImageInput image = drawnInput();
    image.height = last.rows * stride_;
    image.width = last.columns * stride_;
    const at::Tensor reconstruction = unpatchify(decoder_.apply(seen.features), image);
    outputs.emplace_back("reconstruction", reconstruction);
    if (!hidden.defined()) return;
    if (reconstruction.sizes() != pixels.sizes())
        throw DataError(
            fmt::format("the reconstruction is [{}] but pixel_values are [{}]: with encoder_stride {} no loss can be told for this image size",
                        fmt::join(reconstruction.sizes(), ", "), fmt::join(pixels.sizes(), ", "), stride_));
    image.patchHeight = image.patchWidth = swin_->params().stemPatch;
    outputs.emplace_back("loss", maskedPixelLoss(pixels, reconstruction, hidden, image));
}

void SwinModel::addClasses(NamedTensors& outputs, const at::Tensor& labels, const OpenedSwin::Seen& seen) const {
    const at::Tensor logits = classifier_.apply(seen.features.mean(1));
    outputs.emplace_back("logits", logits);
    if (labels.defined()) outputs.emplace_back("loss", classifierLoss(logits, labels, problemType_));
}

NamedTensors SwinModel::forward(ForwardInputs& inputs) {
    const at::Tensor pixels = inputs.require("pixel_values");
    const at::Tensor hidden = use_ == SwinUse::Classification ? at::Tensor() : inputs.find("bool_masked_pos");
    const OpenedSwin::Seen seen = swin_->see(pixels, hidden);
    NamedTensors outputs;
    if (use_ == SwinUse::Model) {
        outputs.emplace_back("last_hidden_state", seen.features);
        outputs.emplace_back("pooler_output", seen.features.mean(1));
    } else if (use_ == SwinUse::MaskedImages) {
        addReconstruction(outputs, pixels.to(at::kFloat), hidden, seen);
    } else {
        addClasses(outputs, inputs.find("labels"), seen);
    }
    std::int64_t rows = seen.rows, columns = seen.columns;
    const auto addState = [&](std::size_t i, const at::Tensor& tokens) {
        outputs.emplace_back(fmt::format("hidden_states.{}", i), tokens);
        outputs.emplace_back(fmt::format("reshaped_hidden_states.{}", i),
                             tokens.transpose(1, 2).reshape({tokens.size(0), tokens.size(2), rows, columns}));
    };
    addState(0, seen.embedded);
    for (std::size_t i = 0; i < seen.stages.size(); ++i) {
        const StageTokens& stage = seen.stages[i];
        rows = i + 1 < seen.stages.size() ? (stage.rows + 1) / 2 : stage.rows;
        columns = i + 1 < seen.stages.size() ? (stage.columns + 1) / 2 : stage.columns;
        addState(i + 1, stage.merged);
        outputs.emplace_back(fmt::format("attentions.{}", i), stage.attention);
    }
    return outputs;
}

IdentityCard SwinModel::card() const {
    IdentityCard card;
    const bool second = swin_->params().version == 2;
    card.title = fmt::format("Swin Transformer{}{}", second ? " V2" : "",
                             use_ == SwinUse::MaskedImages     ? " with a SimMIM decoder"
                             : use_ == SwinUse::Classification ? " with a classifier"
                                                               : "");
    swin_->addFacts(card, statisticsFrom_);
    if (use_ == SwinUse::MaskedImages) {
        card.add("Decoder", fmt::format("one linear map to {0} x {0} pixels", stride_));
        card.add("Target", "pixels, not normalised, absolute error on what is hidden");
    } else {
        card.add("Decoder", "none");
    }
    if (use_ == SwinUse::Classification) card.add("Classes", std::to_string(classifier_.weight.size(0)));
    if (!swin_->inputAt({}))
        card.worksNot.push_back("It cannot be shown at work: the images of its config are no whole number of last-stage tokens.");
    else if (reconstructsWholeImages())
        card.works.push_back("It reconstructs hidden patches of images.");
    else
        card.worksNot.push_back(use_ == SwinUse::MaskedImages
                                    ? "It cannot be shown reconstructing: its decoder's patches are not those of its last stage."
                                    : "It cannot reconstruct: the file holds no decoder.");
    card.works.push_back("Its features and the attention of its last stage can be looked at.");
    return card;
}

std::optional<ForeignModel> SwinModel::asMethod(const std::optional<Sides>& size) const {
    const std::optional<ImageInput> input = swin_->inputAt(size);
    if (!input) return std::nullopt;
    ForeignModel model{{}, swin_->tensorsAt(*input)};
    MethodParts parts;
    parts.id = swin_->params().version == 2 ? "swinv2" : "swin";
    parts.name = swin_->params().version == 2 ? "Swin V2 checkpoint" : "Swin checkpoint";
    parts.input = imageInputTable(*input);
    parts.encoder = swin_->table();
    if (reconstructsWholeImages()) {
        addSimMim(parts);
        model.weights.emplace_back(std::string(kHead) + ".weight", decoder_.weight);
        model.weights.emplace_back(std::string(kHead) + ".bias", decoder_.bias);
    } else {
        std::erase_if(model.weights, [](const NamedTensor& tensor) { return tensor.first == "encoder.mask_token"; });
    }
    model.recipe = methodRecipe(parts);
    return model;
}

}  // namespace

std::unique_ptr<FamilyModel> openSwin(ModelConfig& config, ModelWeights& weights) {
    return std::make_unique<SwinModel>(config, weights, config.get<std::string>("model_type", "swin") == "swinv2" ? 2 : 1);
}

}  // namespace maskscope
