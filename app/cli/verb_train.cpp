#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "console.h"
#include "core/error.h"
#include "core/files.h"
#include "core/toml.h"
#include "recipes/initial_weights.h"
#include "training/fork.h"
#include "training/trainer.h"
#include "verbs.h"

namespace maskscope::cli {
namespace {

namespace fs = std::filesystem;

struct TrainOptions {
    std::vector<std::string> recipes, settings;
    std::string data, validation, out, model, scale = "classroom", device = "auto";
    std::optional<std::int64_t> steps;
    std::uint64_t seed = 0;
    bool json = false;
};

/// 1 - loss / trivial: 0 is as good as the best answer that does not look, 1 is perfect.
std::optional<double> objectiveSkill(const ObjectiveRecord& objective) {
    if (!objective.trivial || *objective.trivial <= 0.0) return std::nullopt;
    return 1.0 - objective.loss / *objective.trivial;
}

nlohmann::json objectivesJson(const std::vector<ObjectiveRecord>& objectives) {
    nlohmann::json list = nlohmann::json::array();
    for (const ObjectiveRecord& objective : objectives)
        list.push_back({{"name", objective.name},
                        {"loss", optionalNumber(objective.loss)},
                        {"trivial", optionalNumber(objective.trivial)},
                        {"skill", optionalNumber(objectiveSkill(objective))}});
    return list;
}

nlohmann::json summaryJson(const TrainingSummary& summary) {
    return {{"steps", summary.steps},
            {"loss", summary.steps > 0 ? optionalNumber(summary.loss) : nlohmann::json(nullptr)},
            {"val_loss", optionalNumber(summary.validationLoss)},
            {"baselines",
             {{"mean_patch", optionalNumber(summary.meanPatch)},
              {"nearest_visible", optionalNumber(summary.nearestVisible)},
              {"inpaint", optionalNumber(summary.inpaint)}}},
            {"skill", optionalNumber(summary.skill)},
            {"objectives", objectivesJson(summary.objectives)},
            {"seconds", summary.seconds},
            {"stopped", summary.stopped}};
}

void printSummary(const TrainingSummary& summary, const fs::path& out, bool json) {
    if (json) {
        printJson(summaryJson(summary));
        return;
    }
    fmt::print("{} steps in {:.1f} s, loss {:.5f}\n", summary.steps, summary.seconds, summary.loss);
    if (summary.validationLoss && summary.meanPatch)
        fmt::print("held-out images: {:.4f}; without learning: mean patch {:.4f}, nearest visible {:.4f}, smooth inpainting {:.4f}\n",
                   *summary.validationLoss, *summary.meanPatch, *summary.nearestVisible, *summary.inpaint);
    if (summary.skill) fmt::print("skill {:.3f} (0: as good as the mean patch; 1: perfect)\n", *summary.skill);
    for (const ObjectiveRecord& objective : summary.objectives)
        if (const auto skill = objectiveSkill(objective))
            fmt::print("held-out {}: {:.4f}; without looking {:.4f}: skill {:.3f}\n", objective.name, objective.loss, *objective.trivial, *skill);
    if (summary.stopped) fmt::print("stopped; go on with: maskscope-cli resume {}\n", out.string());
    fmt::print("run: {}\n", out.string());
}

/// Trains to the end or to a stop request, with progress.
TrainingSummary runTrainer(Trainer& trainer, ConsoleObserver& console, std::optional<std::int64_t> steps, const std::stop_token& stop) {
    const std::int64_t last = steps.value_or(trainer.settings().steps);
    if (trainer.step() > 0 && trainer.step() >= last)
        console.onNotice(
            fmt::format("nothing to train: the run is at step {}, asked for {} of a schedule of {}", trainer.step(), last, trainer.settings().steps));
    console.setRange(trainer.step(), last);
    return trainer.run(steps, stop);
}

/// The recipes and their folders. All of them are understood, and none of the folders is taken, before the first one starts.
std::vector<std::pair<Recipe, fs::path>> understoodRecipes(const TrainOptions& options) {
    std::vector<std::pair<Recipe, fs::path>> queue;
    for (const std::string& name : options.recipes) {
        const RecipeChanges changes{options.scale, options.settings};
        Recipe recipe = options.model.empty() ? loadRecipe(name, changes, resourcesFolder() / "recipes")
                                              : readingInput([&] { return recipeOnModel(name, options.model, changes); });
        const MethodSpec spec = expandRecipe(recipe.root);
        TrainSettings::read(recipe.root);
        if (options.recipes.size() > 1 && !spec.input.isOpen()) Method(spec, Components(), options.seed);  // a lone one is checked when it starts
        const fs::path out = options.recipes.size() > 1 ? fs::path(options.out) / recipe.id : fs::path(options.out);
        for (const auto& [other, folder] : queue)
            if (folder == out)
                throw UsageError(fmt::format("{}: two recipes of the queue have the id '{}', expected one run a folder; train them one at a time",
                                             out.string(), recipe.id));
        RunDirectory::requireNone(out);
        queue.emplace_back(std::move(recipe), out);
    }
    return queue;
}

int train(const TrainOptions& options, const std::stop_token& stop) {
    for (const auto& [recipe, out] : understoodRecipes(options)) {
        if (stop.stop_requested()) break;
        auto console = std::make_shared<ConsoleObserver>(options.json);
        console->onNotice(fmt::format("recipe {}{}", recipe.id, recipe.scale.empty() ? "" : ", scale " + recipe.scale));
        const TrainingRequest request{recipe, options.data, options.validation, options.seed, options.device};
        const auto trainer = Trainer::start(out, request, {console}, stop);
        const TrainingSummary summary = runTrainer(*trainer, *console, options.steps, stop);
        console.reset();
        printSummary(summary, out, options.json);
    }
    return 0;
}

}  // namespace

void addTrainVerb(CLI::App& app, CommandLine& line) {
    CLI::App* verb = app.add_subcommand("train", "Pre-trains a recipe on images, texts or graphs and keeps everything in a run directory");
    auto options = std::make_shared<TrainOptions>();
    verb->add_option("recipe", options->recipes,
                     "recipe id (see 'recipes') or TOML file; several are trained one after the other, each in a folder of --out")
        ->required();
    verb->add_option(
            "--data", options->data,
            "images (folder, .tar, .zip, CIFAR, IDX, .npy, .npz), texts (.txt, folder) or graphs (CSV, TU folder); archive.tar/train for a part")
        ->required();
    verb->add_option("--val", options->validation, "validation data; without it a share of the data is held out");
    verb->add_option("--out", options->out, "run directory to make")->required();
    verb->add_option("--model", options->model,
                     "checkpoint of another program whose encoder the run begins with; the recipe 'decoder' leaves it as it is");
    verb->add_option("--scale", options->scale, "size preset: classroom (minutes on a CPU), laptop (an hour), paper")->capture_default_str();
    verb->add_option("--set", options->settings, "key=value, laid over the recipe: mask.ratio=0.6 train.batch=32")->type_name("KEY=VALUE");
    verb->add_option("--steps", options->steps, "step to stop at; the schedule stays as it is")->check(wholeNumberProblem);
    verb->add_option("--device", options->device, "auto, cpu, cuda or cuda:N")->capture_default_str();
    verb->add_option("--seed", options->seed, "of weights, order, augmentation and masks")->check(wholeNumberProblem)->capture_default_str();
    verb->add_flag("--json", options->json, "machine-readable lines on stdout");
    verb->footer("Example: maskscope-cli train mae --data photos --out runs/first --set mask.ratio=0.6");
    verb->callback([options, &line] { line.action = [options, &line] { return train(*options, line.stop); }; });
}

namespace {

/// "train.optimizer.lr=0.001", changed from the present step on.
void changeLive(Trainer& trainer, const std::string& setting) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0)
        throw UsageError(fmt::format("--set {}: expected key=value, for example --set train.optimizer.lr=0.001", setting));
    const Value value = parseTomlValue(setting.substr(equals + 1), "--set " + setting.substr(0, equals));
    if (!value.isNumber()) throw UsageError(fmt::format("--set {}: found {}, expected a number", setting, value.describe()));
    trainer.setLive({trainer.step(), setting.substr(0, equals), value.asNumber()});
}

}  // namespace

void addResumeVerb(CLI::App& app, CommandLine& line) {
    struct Options {
        std::string run;
        std::vector<std::string> settings;
        std::optional<std::int64_t> steps;
        bool json = false;
    };
    CLI::App* verb = app.add_subcommand("resume", "Goes on with a run from its newest complete checkpoint");
    auto options = std::make_shared<Options>();
    verb->add_option("run", options->run, "run directory")->required();
    verb->add_option("--set", options->settings, "key=value, from here on; those that can change in a run: train.optimizer.lr, train.clip, ...")
        ->type_name("KEY=VALUE");
    verb->add_option("--steps", options->steps, "step to stop at; without it the schedule's last one")->check(wholeNumberProblem);
    verb->add_flag("--json", options->json, "machine-readable lines on stdout");
    verb->footer("Example: maskscope-cli resume runs/first");
    verb->callback([options, &line] {
        line.action = [options, &line] {
            auto console = std::make_shared<ConsoleObserver>(options->json);
            const auto trainer = Trainer::resume(options->run, {console}, line.stop);
            for (const std::string& setting : options->settings) changeLive(*trainer, setting);
            const TrainingSummary summary = runTrainer(*trainer, *console, options->steps, line.stop);
            console.reset();
            printSummary(summary, options->run, options->json);
            return 0;
        };
    });
}

void addForkVerb(CLI::App& app, CommandLine& line) {
    struct Options {
        std::string run, out;
        std::vector<std::string> settings;
        std::int64_t step = 0;
        std::optional<std::int64_t> steps;
        bool json = false;
    };
    CLI::App* verb = app.add_subcommand("fork", "Starts a new run from a checkpoint of another one, with some settings changed");
    auto options = std::make_shared<Options>();
    verb->add_option("run", options->run, "run directory of the parent")->required();
    verb->add_option("--step", options->step, "checkpoint to start from; 0 makes a twin: same start, order and masks")
        ->required()
        ->check(wholeNumberProblem);
    verb->add_option("--out", options->out, "run directory to make")->required();
    verb->add_option("--set", options->settings, "key=value, laid over the parent's recipe")->type_name("KEY=VALUE");
    verb->add_option("--steps", options->steps, "step to stop at; without it the schedule's last one")->check(wholeNumberProblem);
    verb->add_flag("--json", options->json, "machine-readable lines on stdout");
    verb->footer("Example: maskscope-cli fork runs/first --step 600 --out runs/gentler --set train.optimizer.lr=5e-4");
    verb->callback([options, &line] {
        line.action = [options, &line] {
            auto console = std::make_shared<ConsoleObserver>(options->json);
            const TrainingRequest request = forkRequest(options->run, options->step, options->settings);
            const TrainingRequest parent = forkRequest(options->run, options->step, {});
            for (const std::string& difference : differingSettings(parent.recipe.root, request.recipe.root)) console->onNotice(difference);
            const auto trainer = Trainer::start(options->out, request, {console}, line.stop);
            const TrainingSummary summary = runTrainer(*trainer, *console, options->steps, line.stop);
            console.reset();
            printSummary(summary, options->out, options->json);
            return 0;
        };
    });
}

}  // namespace maskscope::cli
