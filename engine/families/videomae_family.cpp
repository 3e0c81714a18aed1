#include "families/videomae_family.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/image_statistics.h"
#include "families/opened_vit.h"
#include "families/recipe_tables.h"
#include "families/transformers_heads.h"
#include "families/videomae_parts.h"
#include "families/words.h"
#include "layers/norm.h"
#include "tensor/gather.h"

namespace maskscope {
namespace {

constexpr double kPoolNormEps = 1e-5;  // of the norm before the classifier, whatever the config says
constexpr double kDeviationEps = 1e-6;

enum class VideoUse { Model, PreTraining, Classification };

VideoUse useOf(ModelConfig& config, const ModelWeights& weights) {
    const std::string name = config.className();
    if (name == "VideoMAEForPreTraining") return VideoUse::PreTraining;
    if (name == "VideoMAEForVideoClassification") return VideoUse::Classification;
    if (name == "VideoMAEModel") return VideoUse::Model;
    if (!name.empty()) config.refuse("architectures", "VideoMAEModel, VideoMAEForPreTraining or VideoMAEForVideoClassification");
    return weights.has("mask_token") ? VideoUse::PreTraining : weights.has("classifier.weight") ? VideoUse::Classification : VideoUse::Model;
}

class VideoMaeModel : public FamilyModel {
public:
    VideoMaeModel(ModelConfig& config, ModelWeights& weights);
    NamedTensors forward(ForwardInputs& inputs) override;
    IdentityCard card() const override;
    std::optional<ForeignModel> asMethod(const std::optional<Sides>&) const override { return std::nullopt; }

private:
    void checkVideo(const at::Tensor& video) const;
    MaskPlan planOf(const at::Tensor& hidden, std::int64_t batch) const;
    at::Tensor targets(const at::Tensor& video, const TokenSplit& split) const;

    VideoUse use_;
    VideoTubes tubes_;
    TransformerParams params_;
    bool normalizesTarget_, poolsMean_;
    std::unique_ptr<OpenedVit> vit_;
    std::optional<VideoDecoder> decoder_;
    std::shared_ptr<Norm> poolNorm_;
    OuterLinear classifier_;
    std::string problemType_;
};

VideoMaeModel::VideoMaeModel(ModelConfig& config, ModelWeights& weights)
    : use_(useOf(config, weights)),
      tubes_(readVideoTubes(config)),
      params_(readVideoTransformer(config)),
      normalizesTarget_(config.get<bool>("norm_pix_loss", true)),
      poolsMean_(!params_.finalNorm) {
    const bool preTraining = use_ == VideoUse::PreTraining;
    const TransformerParams decoder = readVideoDecoder(config, params_);
    weights.dropPrefix("videomae.");
    Value table = transformerTable("vit", params_, TransformerParams());
    table.set("cls", false);
    table.set("positions", "learned");
    ImageInput strip = tubes_.strip();
    strip.mean.assign(static_cast<std::size_t>(strip.channels), 0.0);
    strip.std.assign(static_cast<std::size_t>(strip.channels), 1.0);
    vit_ = std::make_unique<OpenedVit>(table, strip, mapVideoEncoder(weights, tubes_, params_));
    if (preTraining) {
        if (tubes_.patchHeight != tubes_.patchWidth) config.refuse("patch_size", "one side, since the decoder predicts squares");
        if (!normalizesTarget_ && tubes_.channels != 3)
            config.refuse("norm_pix_loss", "true, since the statistics of other than 3 channels are unknown");
        decoder_ = VideoDecoder::take(weights, decoder, params_.width, strip.patches());
        if (decoder_->predict.weight.size(0) != strip.patchValues())
            throw DataError(fmt::format("{}: tensor 'decoder.head.weight' has {} rows, but a tube holds {} values", weights.subject(),
                                        decoder_->predict.weight.size(0), strip.patchValues()));
    }
    if (use_ != VideoUse::Classification) return;
    classifier_ = OuterLinear::take(weights, "classifier", params_.width);
    problemType_ = config.get<std::string>("problem_type", "");
    if (!poolsMean_) return;
    WeightMap last(weights);
    last.linear("norm", "fc_norm");
    poolNorm_ = std::make_shared<Norm>("layer", params_.width, kPoolNormEps);
    last.fill(*poolNorm_, "norm.");
}

void VideoMaeModel::checkVideo(const at::Tensor& video) const {
    if (video.dim() != 5 || video.size(1) != tubes_.frames || video.size(2) != tubes_.channels || video.size(3) != tubes_.height ||
        video.size(4) != tubes_.width)
        throw DataError(fmt::format("pixel_values have the shape [{}], expected [B, {}, {}, {}, {}] (frames, channels, height, width)",
                                    fmt::join(video.sizes(), ", "), tubes_.frames, tubes_.channels, tubes_.height, tubes_.width));
}

MaskPlan VideoMaeModel::planOf(const at::Tensor& hidden, std::int64_t batch) const {
    MaskPlan plan;
    if (!hidden.defined()) return plan;
    const std::int64_t tubes = vit_->input().patches();
    if (hidden.numel() != batch * tubes)
        throw DataError(
            fmt::format("bool_masked_pos has the shape [{}], expected [{}, {}], one entry a tube", fmt::join(hidden.sizes(), ", "), batch, tubes));
    Mask mask;
    mask.hidden = hidden.reshape({batch, tubes}).to(at::kFloat);
    const at::Tensor counts = mask.hidden.sum(1);
    if (!counts.eq(counts[0]).all().item<bool>())
        throw DataError("bool_masked_pos hides more tubes in one video than in another; it must hide equally many in all");
    plan.add(std::move(mask));
    return plan;
}

at::Tensor VideoMaeModel::targets(const at::Tensor& video, const TokenSplit& split) const {
    at::Tensor pixels = video;
    if (tubes_.channels == 3) {
        const ImageStatistics usual = ImageStatistics::imageNet();
        const auto perChannel = [](const std::vector<double>& values) {
            return at::tensor(at::ArrayRef<double>(values)).to(at::kFloat).view({1, 1, 3, 1, 1});
        };
        pixels = video * perChannel(usual.std) + perChannel(usual.mean);
    }
    at::Tensor values = tubes_.values(pixels);
    if (normalizesTarget_) {
        const at::Tensor channels = values.unflatten(-1, {-1, tubes_.channels});
        const at::Tensor deviation = channels.var(at::IntArrayRef{-2}, /*unbiased=*/true, /*keepdim=*/true).sqrt() + kDeviationEps;
        values = ((channels - channels.mean(-2, true)) / deviation).flatten(-2);
    }
    return takeTokens(values, split.hidden);
}

NamedTensors VideoMaeModel::forward(ForwardInputs& inputs) {
    const at::Tensor video = inputs.require("pixel_values").to(at::kFloat);
    checkVideo(video);
    at::Tensor hidden;
    if (use_ == VideoUse::PreTraining) hidden = inputs.require("bool_masked_pos");
    if (use_ == VideoUse::Model) hidden = inputs.find("bool_masked_pos");
    const MaskPlan plan = planOf(hidden, video.size(0));
    const Features features = vit_->see(tubes_.toStrip(video), plan, CorruptionKind::Drop);
    NamedTensors outputs;
    if (use_ == VideoUse::PreTraining) {
        const TokenSplit& split = plan.split("hidden");
        const at::Tensor logits = (*decoder_)(features.tokens, split);
        outputs.emplace_back("loss", at::mse_loss(logits, targets(video, split)));
        outputs.emplace_back("logits", logits);
    } else if (use_ == VideoUse::Classification) {
        const at::Tensor pooled = poolNorm_ ? poolNorm_->forward(features.tokens.mean(1)) : features.tokens.select(1, 0);
        outputs.emplace_back("logits", classifier_.apply(pooled));
        const at::Tensor labels = inputs.find("labels");
        if (labels.defined()) outputs.emplace_back("loss", classifierLoss(outputs.front().second, labels, problemType_));
    } else {
        outputs.emplace_back("last_hidden_state", features.tokens);
    }
    addStates(outputs, features);
    return outputs;
}

IdentityCard VideoMaeModel::card() const {
    IdentityCard card;
    card.title = use_ == VideoUse::PreTraining      ? "VideoMAE with its decoder"
                 : use_ == VideoUse::Classification ? "VideoMAE with a classifier"
                                                    : "VideoMAE";
    card.add("Encoder", fmt::format("Vision Transformer, {}, {} heads", blocksOf(params_.depth, params_.width), params_.heads));
    card.add("Input",
             fmt::format("{} frames of {} x {} pixels (height x width), {} channels", tubes_.frames, tubes_.height, tubes_.width, tubes_.channels));
    card.add("Patches", fmt::format("tubes of {} frames of {} x {} pixels", tubes_.tubeFrames, tubes_.patchHeight, tubes_.patchWidth));
    card.add("Normalisation", "ImageNet's mean and deviation, which its target undoes");
    card.add("Positions", "sines and cosines of a tube's number, not in the file");
    if (decoder_) {
        const TransformerParams& decoder = decoder_->blocks->params();
        card.add("Decoder", blocksOf(decoder.depth, decoder.width));
        card.add("Target", normalizesTarget_ ? "pixels, every channel of a tube normalised" : "pixels");
    } else {
        card.add("Decoder", "none");
    }
    if (use_ == VideoUse::Classification) card.add("Classes", std::to_string(classifier_.weight.size(0)));
    card.works.push_back("It answers to tensors of videos (forward).");
    card.worksNot.push_back("It cannot be shown at work on images: it sees videos alone.");
    return card;
}

}  // namespace

std::unique_ptr<FamilyModel> openVideoMae(ModelConfig& config, ModelWeights& weights) { return std::make_unique<VideoMaeModel>(config, weights); }

}  // namespace maskscope
