#include "families/patchtst_family.h"

#include <algorithm>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "encoders/series_transformer.h"
#include "families/patchtst_masks.h"
#include "families/patchtst_names.h"
#include "families/patchtst_task.h"
#include "families/weight_map.h"
#include "families/words.h"
#include "tensor/series.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

class PatchTst : public FamilyModel {
public:
    PatchTst(ModelConfig& config, ModelWeights& weights)
        : input_(readSeriesInput(config)), params_(readSeriesEncoder(config)), scaling_(readSeriesScaling(config)) {
        weights.dropPrefix("model.");
        weights.ignoreEnding(".num_batches_tracked");
        task_ = makePatchTstTask(config, weights, input_, params_);
        const bool asksForMasks = config.get("do_mask_input", false);
        masks_ = readPatchTstMasks(config, input_);
        hides_ = task_->masksAlways() || (asksForMasks && task_->masksIfAsked());
        WeightMap map(weights);
        mapSeriesEncoder(map, params_, input_);
        encoder_ = std::make_shared<SeriesTransformer>(params_, InputSpec{input_});
        map.fill(*encoder_, "encoder.");
        encoder_->eval();
    }

    NamedTensors forward(ForwardInputs& inputs) override {
        const at::Tensor past = inputs.require("past_values");
        requireShape(past, {kAnySize, input_.length, input_.channels}, "past_values");
        const ScaledSeries scaled = scaleSeries(past.to(at::kFloat), inputs.find("past_observed_mask"), scaling_);
        View view;
        view.tensors["series"] = scaled.values;
        view.geometry = Geometry::grid(past.size(0), {input_.channels, input_.patches()});
        SeriesAnswer answer{.scaled = scaled, .patches = seriesPatches(scaled.values, input_.patch, input_.step())};
        MaskPlan plan;
        if (hides_) {
            answer.hidden = masks_.hidden(past.size(0), inputs);
            Mask mask;
            mask.hidden = answer.hidden.flatten(1);
            plan.addUnsplit(std::move(mask));
        }
        const Corruption corruption{.kind = hides_ ? CorruptionKind::Zero : CorruptionKind::None, .place = CorruptionPlace::Input};
        answer.features = encoder_->forward(view, plan, corruption, {.layers = true, .attentions = true});
        NamedTensors outputs;
        task_->answer(answer, inputs, outputs);
        addStates(outputs, answer.features);
        return outputs;
    }

    IdentityCard card() const override {
        const TransformerParams& t = params_.transformer;
        IdentityCard card;
        card.title = "PatchTST: " + blocksOf(t.depth, t.width);
        card.add("Input", fmt::format("{} series of {} times", input_.channels, input_.length));
        card.add("Patches", fmt::format("{} a series, of {} times, one every {}", input_.patches(), input_.patch, input_.step()));
        card.add("Normalisation", scaling_.kind == SeriesScaling::Kind::Deviation   ? "each series to mean 0 and deviation 1"
                                  : scaling_.kind == SeriesScaling::Kind::Magnitude ? "each series divided by its mean magnitude"
                                                                                    : "none");
        card.add("Blocks", fmt::format("{} heads, MLP of {}, {}{}", t.heads, t.hiddenWidth(), t.normKind == "batch" ? "batch norms" : "layer norms",
                                       params_.acrossSeries ? ", attention over time and among series" : ", attention over time"));
        if (hides_) card.add("Mask", masks_.inWords());
        task_->describe(card);
        card.worksNot.emplace_back(
            "Stage, brush, attention and probes: they show images, texts and graphs, and this model reads series of numbers; `forward` answers for "
            "it.");
        return card;
    }
    std::optional<ForeignModel> asMethod(const std::optional<Sides>& /*size*/) const override { return std::nullopt; }

private:
    /// [B, C + C N, D] or [B, C N, D] -> [B, C, L, D], a class token before the patches of its series.
    at::Tensor bySeries(const at::Tensor& flat) const {
        const std::int64_t batch = flat.size(0), channels = input_.channels, patches = input_.patches();
        if (!params_.cls) return flat.view({batch, channels, patches, -1});
        return at::cat({flat.narrow(1, 0, channels).unsqueeze(2), flat.narrow(1, channels, channels * patches).unflatten(1, {channels, patches})}, 2);
    }
    /// The states that enter each block; what leaves the last one is not among them.
    void addStates(NamedTensors& outputs, const Features& features) const {
        for (std::size_t i = 0; i < features.layers.size(); ++i)
            outputs.emplace_back(fmt::format("hidden_states.{}", i), bySeries(i == 0 ? features.embedded : features.layers[i - 1]));
        for (std::size_t i = 0; i < features.attentions.size(); ++i) outputs.emplace_back(fmt::format("attentions.{}", i), features.attentions[i]);
    }

    SeriesInput input_;
    SeriesTransformer::Params params_;
    SeriesScaling scaling_;
    PatchTstMasks masks_;
    bool hides_ = false;
    std::unique_ptr<PatchTstTask> task_;
    std::shared_ptr<SeriesTransformer> encoder_;
};

}  // namespace

std::unique_ptr<FamilyModel> openPatchTst(ModelConfig& config, ModelWeights& weights) { return std::make_unique<PatchTst>(config, weights); }

}  // namespace maskscope
