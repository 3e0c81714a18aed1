#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/value.h"
#include "data/view_source.h"
#include "tensor/corruption.h"
#include "tensor/features.h"
#include "tensor/input_spec.h"
#include "tensor/mask_plan.h"

namespace maskscope {

/// The general form that every recipe expands to and the engine runs. Component tables stay as written: the registries read
/// them when the method is composed.

struct ViewSpec {
    std::string name = "main";
    std::string source = "data";
    Value augment;  // none: train.augment
};

struct MaskSpec {
    std::string role = "hidden";  // strategies that draw several masks name their own roles and ignore this
    std::string view = "main";
    MaskSpace space = MaskSpace::Token;
    Value strategy;
};

struct NetworkSpec {
    std::string id = "encoder";
    Value component;                             // an encoder's table
    std::string emaOf;                           // empty: trained; else the network whose moving average this one is
    double momentum = 0.996, momentumEnd = 1.0;  // EMA momentum, cosine from the first to the last step
    bool frozen = false;
    std::string run;  // folder of a run whose newest checkpoint has its first values; empty: drawn
};

struct PassSpec {
    std::string id = "main";
    std::string network = "encoder";
    std::string view = "main";
    std::string codesOf;    // the pass of a tokenizer whose codes the network reads in the view's place; empty: it sees the view
    std::string paintedBy;  // the objective whose painting of the view the network sees, with gradients to the painter; empty: likewise
    Corruption corruption;
    std::string maskedBy;  // the pass that draws its masks in training: logits [B, N, M], M masks a sample; empty: the recipe's masks
    Taps taps;
    bool gradient = true;
};

struct ObjectiveSpec {
    std::string name = "reconstruction";
    std::string pass = "main";
    std::string targetPass;       // the pass that a target of features reads; empty: the data
    std::string role = "hidden";  // of the mask that tells hidden from visible tokens
    std::string on = "hidden";    // hidden | visible | all | class: the class token alone
    std::string headOf;           // the objective whose head this one shares; empty: it has its own
    Value target, head, loss;
    double weight = 1.0;
    std::string balance;  // an objective before this one against whose gradient it is balanced while training; empty: none
};

/// What a network says before the masks are drawn, for strategies that choose by it: a signal of the batch at hand.
struct SignalSpec {
    std::string name = "attention";
    std::string pass;                // sees everything; without gradients
    std::string take = "attention";  // attention: of the class token, last block, mean over heads | prediction: of an objective's head
    std::string objective;           // whose head, for a prediction of one value a token
};

struct UpdateSpec {
    std::vector<std::string> networks;    // whose parameters move; heads that read them, or what nobody trains, move along with the objectives
    std::vector<std::string> objectives;  // whose weighted losses are summed
    double sign = 1.0;                    // -1: ascends
    std::vector<std::string> penalties;   // objectives whose weighted losses it lowers, whatever the sign
    std::int64_t every = 1;               // steps
    std::string stage;                    // in which it happens; empty: in all of them

    /// Objectives and penalties.
    std::vector<std::string> allObjectives() const;
};

/// A part of a run with updates of its own, such as a tokenizer that is trained before a network predicts its codes. What no update
/// of a stage moves keeps still in it.
struct StageSpec {
    std::string name;
    double until = 1.0;  // share of train.steps at which it ends and the next begins
};

/// How hidden codes are guessed one after the other, by a network that reads codes.
struct SamplerSpec {
    std::string order = "confidence";  // raster | random | confidence: which hidden place is decided first
    std::int64_t steps = 0;            // 0: one place at a time
    std::string schedule = "cosine";   // of the share that is still hidden: one of maskSchedules()
    double temperature = 1.0;          // of the draw of codes; 0 takes the likeliest
    double choiceTemperature = 4.5;    // of the noise on the confidence, which falls to 0
};

struct MethodSpec {
    std::string id, name, domain, family, paper, summary, type = "AE";
    std::string surveyCategory, note;  // where the survey prints another category than the derived one
    InputSpec input;
    std::int64_t maskCopies = 1;  // M masks a sample
    std::vector<ViewSpec> views;
    std::vector<MaskSpec> masks;
    std::vector<SignalSpec> signals;
    std::vector<NetworkSpec> networks;
    std::vector<PassSpec> passes;
    std::vector<ObjectiveSpec> objectives;
    std::vector<UpdateSpec> updates;
    std::vector<StageSpec> stages;  // in their order; none: one of all steps
    std::optional<SamplerSpec> sampler;

    const PassSpec& pass(const std::string& id) const;
    /// What the loader makes for each view, augmented as the view or else `train.augment` says.
    std::vector<ViewRequest> viewRequests(const Value& trainAugment) const;
};

/// Expands a resolved recipe, short form or general form.
/// @throws RecipeError with file, line, what was found and the nearest key or name
MethodSpec expandRecipe(const Value& root);

}  // namespace maskscope
