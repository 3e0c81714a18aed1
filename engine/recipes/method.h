#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "interop/named_tensors.h"
#include "recipes/components.h"
#include "recipes/method_spec.h"
#include "recipes/sampler.h"
#include "tensor/prediction.h"
#include "tensor/signals.h"

namespace maskscope {

/// What one objective came to. Rows are as its `on` asks.
struct ObjectiveResult {
    std::string name;
    at::Tensor prediction;  // [B, R, T]
    at::Tensor target;      // [B, R, T] float, or [B, R] int64 codes
    at::Tensor weight;      // [B, R] float, 0 = padding; undefined: all rows are real
    at::Tensor loss;        // scalar, unweighted
};

/// What one run of a method gave.
struct MethodResult {
    std::map<std::string, Features> passes;
    std::map<std::string, at::Tensor> answers;  // [B, N, T] of objectives that say something about all tokens
    std::vector<ObjectiveResult> objectives;
    std::map<std::string, at::Tensor> losses;  // [B, N, 1] a token, of the objectives that another one learns from
    at::Tensor loss;                           // scalar: the weighted sum over objectives
};

/// Tensors that follow others by a moving average: a teacher's network, or its head.
struct Follower {
    NamedTensors online, average;  // of the same names
    double momentum = 0.0, momentumEnd = 0.0;
};

/// A composed recipe: networks, heads and everything between them. Parameters live on one device; not thread-safe: each
/// thread that asks questions has a method of its own.
class Method : public torch::nn::Module {
public:
    /// @param seed    of the first parameter values, which are the same on every device
    /// @param device  where the parameters live
    /// @throws RecipeError if parts do not fit together
    Method(MethodSpec spec, const Components& components, std::uint64_t seed, c10::Device device = c10::Device(c10::kCPU));

    const MethodSpec& spec() const { return spec_; }

    /// Draws the masks of a batch on the CPU; moved to the device of the views.
    /// @param draw  its `samples` are B stream numbers; copies of a sample get numbers of their own
    MaskPlan drawMasks(const std::vector<View>& views, const Signals& signals, const MaskDraw& draw) const;

    /// The signals, and what networks say of these very views for strategies that choose masks by it: [B, N] float on the CPU each.
    Signals lookAhead(const std::vector<View>& views, const Signals& signals) const;

    /// The same with noise in the place of what networks say: masks of the frozen validation must not move with the model.
    Signals blindSignals(const std::vector<View>& views, const Signals& signals, const MaskDraw& draw) const;

    /// Runs passes and objectives. In training mode, masks that a network draws (`masked_by`) take the place of the plan's; outside of it the
    /// plan's hold, so that the frozen validation does not move with that network.
    /// @param objectives  names of those to run; empty: all
    MethodResult run(const std::vector<View>& views, const MaskPlan& plan, const Signals& signals, const std::vector<std::string>& objectives = {});

    /// Features of the first pass, with taps of the caller's choice; nothing is hidden where `plan` has no mask.
    Features features(const View& view, const MaskPlan& plan, const Taps& taps);

    /// What the head of the objective that predict() shows says inside: its layers and attentions over all tokens.
    /// @throws UsageError if it has none, ShapeError if the plan lacks the objective's mask
    Features headFeatures(const View& view, const MaskPlan& plan, const Taps& taps);

    /// Whether some objective predicts pixels that its pass does not see.
    bool predictsPixels() const;
    /// What the model says about every token, for pictures: the first objective that predicts pixels which are hidden from it, else the
    /// first that predicts codes, else the first over tokens; where samples alone are compared, what the head says of the patches of whole
    /// images. Empty where the head cannot say anything about hidden tokens.
    /// @param done  what run() gave for the same view and plan, so that no pass runs twice; null: nothing
    std::optional<Prediction> predict(const View& view, const MaskPlan& plan, const MethodResult* done = nullptr);

    /// Whether hidden codes are guessed step by step, so that whole pictures can be made of nothing.
    bool generates() const;
    using Painting = std::function<at::Tensor()>;
    /// New pictures: every code is guessed by the recipe's sampler, then painted.
    /// @param watch  after each step, with a function that paints the pictures so far, in which undecided places mean nothing; false stops
    /// @return       [count, C, H, W] in [-1, 1], unclamped
    /// @throws UsageError if the recipe cannot
    at::Tensor generate(std::int64_t count, std::uint64_t seed, const std::function<bool(const Decoding&, const Painting&)>& watch = {});

    /// The loss of an objective, for predictions of the caller's.
    const Loss& lossOf(const std::string& objective) const;
    /// What the loss of an objective remembered of the steps before; empty where it remembers nothing.
    LossMemory memoryOf(const std::string& objective, const Signals& signals) const;
    /// What losses remember after training on a result, by the names of signals: "loss/<objective>/center".
    NamedTensors remember(const MethodResult& result, const Signals& signals) const;

    /// What moves by a moving average after each step.
    std::vector<Follower> followers() const;

    /// Parameters of one network, by their names inside it (the same for a network and its moving average).
    NamedTensors networkParameters(const std::string& id) const;

    /// What an update lowers: the weighted losses of its objectives times its sign, those of its penalties as they are. @return scalar
    at::Tensor lowered(const UpdateSpec& update, const MethodResult& result) const;

    /// The parameters that an update moves, by name.
    NamedTensors trainable(const UpdateSpec& update) const;
    /// Depth of a parameter for layer-wise learning-rate decay, and the number of the deepest layer (heads).
    std::pair<std::int64_t, std::int64_t> layerOf(const std::string& parameterName) const;
    /// Parameters and buffers that a checkpoint holds, by name.
    NamedTensors namedState() const;
    std::int64_t parameterCount() const;
    bool acrossBatch() const;

private:
    struct Objective {
        ObjectiveSpec spec;
        TokenChoice rows;
        std::unique_ptr<Target> target;
        std::shared_ptr<Head> head;
        std::shared_ptr<Head> teacherHead;  // what the target goes through; null: the target is compared as it is
        std::unique_ptr<Loss> loss;

        bool ownsHead() const { return spec.headOf.empty(); }
    };

    void addNetworks(const Components& components, std::uint64_t seed);
    void addObjectives(const Components& components, std::uint64_t seed);
    void addHeads(Objective& objective, const Components& components, const std::string& path, std::uint64_t seed);
    const NetworkSpec* teacherOf(const Objective& objective) const;
    const NetworkSpec& network(const std::string& id) const;
    InputSpec inputOf(const NetworkSpec& network) const;
    bool readsCodes(const NetworkSpec& network) const;
    void checkPass(const PassSpec& pass);
    void checkOccluder(const PassSpec& pass) const;
    bool drawsMasks(const std::string& pass) const;
    bool movesHeadsOf(const UpdateSpec& update, const Objective& objective) const;
    void checkObjective(const Objective& objective) const;
    bool paintsHidden(const Objective& objective) const;
    bool drawsChances(const std::string& role) const;
    MaskSpace spaceOf(const std::string& role) const;
    Objective* painterOf(const Objective& guessing);
    Features visibleCodes(const Objective& guessing, const View& view, const at::Tensor& hidden);
    at::Tensor paintCodes(Objective& painter, const View& view, Features codes, const at::Tensor& logits);
    std::optional<at::Tensor> colorsOfCodes(Objective& painter, const View& view, const Features& codes);
    Decoding decode(Objective& guessing, const View& view, Decoding start, std::uint64_t seed, const Sampler::Watch& watch);
    void addDecoding(Prediction& answer, Objective& guessing, const View& view, const at::Tensor& hidden);
    void addEdges(Prediction& answer, const std::string& pass, const Features& features, const MaskPlan& plan);
    View seenBy(const PassSpec& pass, const View& view, const MaskPlan& plan, MethodResult& result);
    Features runPass(const PassSpec& pass, const View& view, const MaskPlan& plan, MethodResult& result);
    const Features& passFeatures(const std::string& id, const View& view, const MaskPlan& plan, MethodResult& result);
    const at::Tensor& answerOf(Objective& objective, const View& view, const MaskPlan& plan, MethodResult& result);
    const Objective& objective(const std::string& name) const;
    Objective& objective(const std::string& name);
    Objective* shownObjective();
    bool readsLosses(const std::string& source) const;
    at::Tensor targetRows(const Objective& objective, const TargetSources& sources, const MaskPlan& plan, std::int64_t batch, TokenChoice rows) const;
    void addPictures(Prediction& answer, const Objective& shown, const View& view, const MaskPlan& plan, MethodResult& result);
    void addUnmixing(Prediction& answer, const PassSpec& pass, const View& view, const MaskPlan& plan, MethodResult& result);
    void addSpectra(Prediction& answer, const View& seen, const View& view, const at::Tensor& hidden);
    void addPixels(Prediction& answer, const Objective& shown, const View& view, const at::Tensor& hidden);
    /// What balances an objective's weight against an earlier one, a scalar; empty where it asks for none, or nothing learns.
    std::optional<at::Tensor> balanceOf(const Objective& objective, const at::Tensor& loss, const MethodResult& result) const;
    ObjectiveResult runObjective(Objective& objective, const std::vector<View>& views, const MaskPlan& plan, const Signals& signals,
                                 MethodResult& result);

    MethodSpec spec_;
    std::vector<std::unique_ptr<MaskStrategy>> masks_;
    std::map<std::string, std::shared_ptr<Encoder>> networks_;
    std::vector<Objective> objectives_;
};

/// The first of the views with this name. @throws ShapeError
const View& findView(const std::vector<View>& views, const std::string& name);

}  // namespace maskscope
