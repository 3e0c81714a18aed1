#include "families/patchtst_task.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/transformers_heads.h"
#include "losses/mse_loss.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

/// How the patches of a series become one vector.
enum class Pooling { Cls, Mean, Max, None };

Pooling readPooling(ModelConfig& config, const SeriesTransformer::Params& params, bool mayBeNone) {
    const bool none = config.isNull("pooling_type") && mayBeNone && !params.cls;
    const std::string name = config.choice("pooling_type", "mean", {"mean", "max"});
    if (params.cls) return Pooling::Cls;
    return none ? Pooling::None : name == "mean" ? Pooling::Mean : Pooling::Max;
}

/// @return [B, C, D], without pooling [B, C, N D]
at::Tensor pooled(const SeriesAnswer& seen, Pooling pooling) {
    if (pooling == Pooling::Cls) return seen.features.prefix;
    const at::Tensor tokens = seen.features.tokens.unflatten(1, {seen.patches.size(1), seen.patches.size(2)});
    if (pooling == Pooling::None) return tokens.flatten(2);
    return pooling == Pooling::Mean ? tokens.mean(2) : tokens.amax(2);
}

class BareSeries : public PatchTstTask {
public:
    explicit BareSeries(const SeriesTransformer::Params& params) : cls_(params.cls) {}
    bool masksIfAsked() const override { return true; }
    void answer(const SeriesAnswer& seen, ForwardInputs& inputs, NamedTensors& outputs) override {
        inputs.find("future_values");  // taken, and not looked at
        const at::Tensor tokens = seen.features.tokens.unflatten(1, {seen.patches.size(1), seen.patches.size(2)});
        outputs.emplace_back("last_hidden_state", cls_ ? at::cat({seen.features.prefix.unsqueeze(2), tokens}, 2) : tokens);
        if (seen.hidden.defined()) outputs.emplace_back("mask", seen.hidden);
        outputs.emplace_back("loc", seen.scaled.offset);
        outputs.emplace_back("scale", seen.scaled.scale);
        outputs.emplace_back("patch_input", seen.patches);
    }
    void describe(IdentityCard& card) const override { card.works.emplace_back("It gives the states of all patches."); }

private:
    bool cls_;
};

class SeriesPretraining : public PatchTstTask {
public:
    SeriesPretraining(ModelWeights& weights, const SeriesInput& input, const SeriesTransformer::Params& params)
        : predict_(OuterLinear::take(weights, "head.linear", params.transformer.width)) {
        if (predict_.weight.size(0) != input.patch)
            throw DataError(fmt::format("{}: tensor 'head.linear.weight' has {} rows, but patch_length is {}; file and config do not belong together",
                                        weights.subject(), predict_.weight.size(0), input.patch));
    }
    bool masksAlways() const override { return true; }
    void answer(const SeriesAnswer& seen, ForwardInputs& /*inputs*/, NamedTensors& outputs) override {
        const at::Tensor prediction = predict_.apply(seen.features.tokens);
        const LossInput compared{prediction, seen.patches.flatten(1, 2), seen.hidden.flatten(1).to(at::kFloat)};
        outputs.emplace_back("loss", MseLoss({}).compute(compared));
        outputs.emplace_back("prediction_output", prediction.view_as(seen.patches));
        outputs.emplace_back("mask", seen.hidden);
        outputs.emplace_back("loc", seen.scaled.offset);
        outputs.emplace_back("scale", seen.scaled.scale);
        outputs.emplace_back("patch_input", seen.patches);
    }
    void describe(IdentityCard& card) const override {
        card.add("Head", "one linear map from a patch's state to its values");
        card.works.emplace_back("It reconstructs hidden patches of the scaled series (loss, prediction_output).");
    }

private:
    OuterLinear predict_;
};

/// Forecasts: the same linear map for every series.
class SeriesForecast : public PatchTstTask {
public:
    SeriesForecast(ModelConfig& config, ModelWeights& weights, const SeriesInput& input, const SeriesTransformer::Params& params)
        : pooling_(readPooling(config, params, true)), length_(config.get<std::int64_t>("prediction_length", 24)) {
        const bool shared = config.get("share_projection", true);
        if (!shared && input.channels != 1) config.refuse("share_projection", "true where there are several series");
        const std::int64_t width = params.transformer.width * (pooling_ == Pooling::None ? input.patches() : 1);
        predict_ = OuterLinear::take(weights, shared ? "head.projection" : "head.projections.0", width);
        if (predict_.weight.size(0) != length_)
            config.refuse("prediction_length", fmt::format("{}, as many as the head has rows", predict_.weight.size(0)));
    }
    void answer(const SeriesAnswer& seen, ForwardInputs& inputs, NamedTensors& outputs) override {
        const at::Tensor scaled = predict_.apply(pooled(seen, pooling_)).transpose(1, 2);
        const at::Tensor forecast = scaled * seen.scaled.scale + seen.scaled.offset, future = inputs.find("future_values");
        outputs.emplace_back("prediction_outputs", forecast);
        outputs.emplace_back("loc", seen.scaled.offset);
        outputs.emplace_back("scale", seen.scaled.scale);
        if (!future.defined()) return;
        requireShape(future, {forecast.size(0), length_, forecast.size(2)}, "future_values");
        outputs.emplace_back("loss", at::mse_loss(forecast, future.to(at::kFloat)));
    }
    void describe(IdentityCard& card) const override {
        card.works.emplace_back(fmt::format("It forecasts the next {} times of each series.", length_));
    }

private:
    Pooling pooling_;
    std::int64_t length_;
    OuterLinear predict_;
};

/// Numbers or classes of all series together.
class SeriesJudgement : public PatchTstTask {
public:
    SeriesJudgement(ModelConfig& config, ModelWeights& weights, const SeriesInput& input, const SeriesTransformer::Params& params, bool classes)
        : pooling_(readPooling(config, params, false)), classes_(classes), range_(config.get<std::vector<double>>("output_range", {})) {
        judge_ = OuterLinear::take(weights, classes ? "head.linear" : "head.projection", input.channels * params.transformer.width);
        if (config.get<std::int64_t>("num_targets", 1) != judge_.weight.size(0))
            config.refuse("num_targets", fmt::format("{}, as many as the head has rows", judge_.weight.size(0)));
        if (!range_.empty() && range_.size() != 2) config.refuse("output_range", "two numbers");
    }
    void answer(const SeriesAnswer& seen, ForwardInputs& inputs, NamedTensors& outputs) override {
        at::Tensor result = judge_.apply(pooled(seen, pooling_).flatten(1));
        if (!classes_ && !range_.empty()) result = result.sigmoid() * (range_[1] - range_[0]) + range_[0];
        outputs.emplace_back(classes_ ? "prediction_logits" : "regression_outputs", result);
        const at::Tensor target = inputs.find("target_values");
        if (!target.defined()) return;
        outputs.emplace_back("loss", classes_ ? at::cross_entropy_loss(result, target.to(at::kLong)) : at::mse_loss(result, target.to(at::kFloat)));
    }
    void describe(IdentityCard& card) const override {
        const std::int64_t count = judge_.weight.size(0);
        card.works.emplace_back(classes_ ? fmt::format("It classifies series into {} classes.", count)
                                         : fmt::format("It gives {} numbers for all series together.", count));
    }

private:
    Pooling pooling_;
    bool classes_;
    std::vector<double> range_;
    OuterLinear judge_;
};

}  // namespace

std::unique_ptr<PatchTstTask> makePatchTstTask(ModelConfig& config, ModelWeights& weights, const SeriesInput& input,
                                               const SeriesTransformer::Params& params) {
    const std::string name = config.className();
    const bool forecasts = name == "PatchTSTForPrediction", regresses = name == "PatchTSTForRegression";
    if ((forecasts || regresses) && config.get<std::string>("loss", "mse") != "mse")
        config.refuse("loss", "\"mse\"; heads that give a distribution are not among what can be opened");
    // What the other classes read.
    config.ignore({"loss", "distribution_output", "share_projection", "prediction_length", "num_targets", "output_range", "pooling_type"});
    if (name.empty() || name == "PatchTSTModel") return std::make_unique<BareSeries>(params);
    if (name == "PatchTSTForPretraining") return std::make_unique<SeriesPretraining>(weights, input, params);
    if (forecasts) return std::make_unique<SeriesForecast>(config, weights, input, params);
    if (regresses || name == "PatchTSTForClassification") return std::make_unique<SeriesJudgement>(config, weights, input, params, !regresses);
    config.refuse("architectures", "PatchTSTModel, or PatchTSTForPretraining, ForPrediction, ForRegression or ForClassification");
}

}  // namespace maskscope
