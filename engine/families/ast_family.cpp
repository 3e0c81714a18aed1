#include "families/ast_family.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "encoders/vit.h"
#include "families/opened_vit.h"
#include "families/transformers_heads.h"
#include "families/vit_names.h"
#include "families/weight_map.h"
#include "families/words.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

/// A spectrogram as an image of one channel: rows are mel bands, columns times.
ImageInput readInput(ModelConfig& config) {
    ImageInput input;
    input.channels = 1;
    input.height = config.get<std::int64_t>("num_mel_bins", 128);
    input.width = config.get<std::int64_t>("max_length", 1024);
    input.patchHeight = input.patchWidth = config.get<std::int64_t>("patch_size", 16);
    input.rowStride = config.get<std::int64_t>("frequency_stride", 10);
    input.columnStride = config.get<std::int64_t>("time_stride", 10);
    input.mean = {0.0};
    input.std = {1.0};
    if (input.patchHeight < 1) config.refuse("patch_size", "a positive number");
    if (input.rowStride < 1) config.refuse("frequency_stride", "a positive number");
    if (input.columnStride < 1) config.refuse("time_stride", "a positive number");
    if (input.gridRows() < 1) config.refuse("num_mel_bins", fmt::format("at least patch_size, {}", input.patchHeight));
    if (input.gridColumns() < 1) config.refuse("max_length", fmt::format("at least patch_size, {}", input.patchWidth));
    if (input.overlaps()) return input;
    // Patches that touch leave out what exceeds whole ones, as the convolution does.
    input.height = input.gridRows() * input.patchHeight;
    input.width = input.gridColumns() * input.patchWidth;
    return input;
}

class AudioSpectrogramTransformer : public FamilyModel {
public:
    AudioSpectrogramTransformer(ModelConfig& config, ModelWeights& weights)
        : bands_(config.get<std::int64_t>("num_mel_bins", 128)),
          times_(config.get<std::int64_t>("max_length", 1024)),
          input_(readInput(config)),
          params_{.transformer = readVitTransformer(config), .cls = true, .registers = 1, .positions = "learned"} {
        const std::string name = config.className();
        problemType_ = config.get<std::string>("problem_type", "");
        if (!name.empty() && name != "ASTModel" && name != "ASTForAudioClassification")
            config.refuse("architectures", "ASTModel or ASTForAudioClassification");
        weights.dropPrefix("audio_spectrogram_transformer.");
        WeightMap map(weights);
        const std::int64_t width = params_.transformer.width;
        map.linear("encoder.patch_embed", "embeddings.patch_embeddings.projection");
        const at::Tensor positions = mapPositions(map, "embeddings.position_embeddings", 2);
        mapToken(map, "encoder.cls_token", "embeddings.cls_token", positions[0]);
        // The distillation token of DeiT is to our encoder a second token without a place.
        mapToken(map, "encoder.register_table", "embeddings.distillation_token", positions[1]);
        map.replace("encoder.register_table", map.find("encoder.register_table").unsqueeze(0));
        for (std::int64_t i = 0; i < params_.transformer.depth; ++i)
            mapVitBlock(map, fmt::format("encoder.transformer.block{}", i), vitLayer(map.weights(), i));
        map.linear("encoder.transformer.norm", "layernorm");
        encoder_ = std::make_shared<Vit>(params_, InputSpec{input_});
        map.fill(*encoder_, "encoder.");
        encoder_->eval();
        if (name != "ASTForAudioClassification") return;
        map.linear("head.norm", "classifier.layernorm");
        norm_ = std::make_shared<Norm>("layer", width, params_.transformer.normEps);
        map.fill(*norm_, "head.norm.");
        classes_ = OuterLinear::take(weights, "classifier.dense", width);
    }

    NamedTensors forward(ForwardInputs& inputs) override {
        const at::Tensor values = inputs.require("input_values");
        requireShape(values, {kAnySize, times_, bands_}, "input_values");
        View view;
        view.tensors["pixels"] = values.to(at::kFloat).narrow(1, 0, input_.width).narrow(2, 0, input_.height).transpose(1, 2).unsqueeze(1);
        view.geometry = Geometry::grid(values.size(0), {input_.gridRows(), input_.gridColumns()});
        const Features features = encoder_->forward(view, MaskPlan(), {}, {.layers = true, .attentions = true});
        const at::Tensor pooled = features.prefix.mean(1);
        NamedTensors outputs;
        if (norm_) {
            const at::Tensor logits = classes_.apply(norm_->forward(pooled)), labels = inputs.find("labels");
            outputs.emplace_back("logits", logits);
            if (labels.defined()) outputs.emplace_back("loss", classifierLoss(logits, labels, problemType_));
        } else {
            outputs.emplace_back("last_hidden_state", wholeSequence(features));
            outputs.emplace_back("pooler_output", pooled);
        }
        addStates(outputs, features);
        return outputs;
    }

    IdentityCard card() const override {
        const TransformerParams& t = params_.transformer;
        IdentityCard card;
        card.title = "Audio Spectrogram Transformer: " + blocksOf(t.depth, t.width);
        card.add("Encoder", fmt::format("Vision Transformer, {}, {} heads", blocksOf(t.depth, t.width), t.heads));
        card.add("Input", fmt::format("log-mel spectrograms, {} times of {} bands, mean 0 and deviation 0.5", times_, bands_));
        card.add("Patches", fmt::format("{} x {} (bands x times), one every {} bands and {} times: a grid of {} x {}", input_.patchHeight,
                                        input_.patchWidth, input_.rowStride, input_.columnStride, input_.gridRows(), input_.gridColumns()));
        card.add("Positions", "a learned table");
        card.add("Tokens", "a class token and a distillation token; their mean stands for the sound");
        card.works.emplace_back(norm_ ? fmt::format("It classifies sounds into {} classes.", classes_.weight.size(0))
                                      : "It gives the states of all patches and of the whole sound.");
        card.worksNot.emplace_back(
            "Stage, brush, attention and probes: they show images, texts and graphs, and this model reads spectrograms; `forward` answers for it.");
        return card;
    }
    std::optional<ForeignModel> asMethod(const std::optional<Sides>& /*size*/) const override { return std::nullopt; }

private:
    std::int64_t bands_, times_;
    ImageInput input_;
    Vit::Params params_;
    std::shared_ptr<Vit> encoder_;
    std::shared_ptr<Norm> norm_;  // before the classifier; null: there is none
    OuterLinear classes_;
    std::string problemType_;
};

}  // namespace

std::unique_ptr<FamilyModel> openAudioSpectrogramTransformer(ModelConfig& config, ModelWeights& weights) {
    return std::make_unique<AudioSpectrogramTransformer>(config, weights);
}

}  // namespace maskscope
