#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "console.h"
#include "core/error.h"
#include "core/files.h"
#include "training/trainer.h"
#include "verbs.h"

namespace maskscope::cli {
namespace {

namespace fs = std::filesystem;

struct TrainOptions {
    std::vector<std::string> recipes, settings;
    std::string data, validation, out, scale = "classroom", device = "auto";
    std::optional<std::int64_t> steps;
    std::uint64_t seed = 0;
    bool json = false;
};

nlohmann::json summaryJson(const TrainingSummary& summary) {
    return {{"steps", summary.steps},
            {"loss", optionalNumber(summary.loss)},
            {"val_loss", optionalNumber(summary.validationLoss)},
            {"baselines",
             {{"mean_patch", optionalNumber(summary.meanPatch)},
              {"nearest_visible", optionalNumber(summary.nearestVisible)},
              {"inpaint", optionalNumber(summary.inpaint)}}},
            {"skill", optionalNumber(summary.skill)},
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
    if (summary.stopped) fmt::print("stopped; go on with: maskscope-cli resume {}\n", out.string());
    fmt::print("run: {}\n", out.string());
}

/// Trains to the end or to a stop request, with progress.
TrainingSummary runTrainer(Trainer& trainer, ConsoleObserver& console, std::optional<std::int64_t> steps, const std::stop_token& stop) {
    console.setRange(trainer.step(), steps.value_or(trainer.settings().steps));
    return trainer.run(steps, stop);
}

int train(const TrainOptions& options, const std::stop_token& stop) {
    const bool queue = options.recipes.size() > 1;
    std::vector<Recipe> recipes;  // all of them are understood before the first one starts
    for (const std::string& name : options.recipes) {
        recipes.push_back(loadRecipe(name, {options.scale, options.settings}, resourcesFolder() / "recipes"));
        expandRecipe(recipes.back().root);
        TrainSettings::read(recipes.back().root);
    }
    for (const Recipe& recipe : recipes) {
        if (stop.stop_requested()) break;
        const fs::path out = queue ? fs::path(options.out) / recipe.id : fs::path(options.out);
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
    CLI::App* verb = app.add_subcommand("train", "Pre-trains a recipe on images and keeps everything in a run directory");
    auto options = std::make_shared<TrainOptions>();
    verb->add_option("recipe", options->recipes, "recipe id (see 'recipes') or TOML file; several are trained one after the other, each in a folder of --out")->required();
    verb->add_option("--data", options->data, "images: folder, .tar, .zip, CIFAR, IDX, .npy, .npz; archive.tar/train for a part")->required();
    verb->add_option("--val", options->validation, "validation images; without it a share of the data is held out");
    verb->add_option("--out", options->out, "run directory to make")->required();
    verb->add_option("--scale", options->scale, "size preset: classroom (minutes on a CPU), laptop (an hour), paper")->capture_default_str();
    verb->add_option("--set", options->settings, "key=value, laid over the recipe: mask.ratio=0.6 train.batch=32")->type_name("KEY=VALUE");
    verb->add_option("--steps", options->steps, "step to stop at; the schedule stays as it is")->check(CLI::NonNegativeNumber);
    verb->add_option("--device", options->device, "auto, cpu, cuda or cuda:N")->capture_default_str();
    verb->add_option("--seed", options->seed, "of weights, order, augmentation and masks")->capture_default_str();
    verb->add_flag("--json", options->json, "machine-readable lines on stdout");
    verb->footer("Example: maskscope-cli train mae --data photos --out runs/first --set mask.ratio=0.6");
    verb->callback([options, &line] { line.action = [options, &line] { return train(*options, line.stop); }; });
}

void addResumeVerb(CLI::App& app, CommandLine& line) {
    struct Options {
        std::string run;
        std::optional<std::int64_t> steps;
        bool json = false;
    };
    CLI::App* verb = app.add_subcommand("resume", "Goes on with a run from its newest complete checkpoint");
    auto options = std::make_shared<Options>();
    verb->add_option("run", options->run, "run directory")->required();
    verb->add_option("--steps", options->steps, "step to stop at; without it the schedule's last one")->check(CLI::NonNegativeNumber);
    verb->add_flag("--json", options->json, "machine-readable lines on stdout");
    verb->footer("Example: maskscope-cli resume runs/first");
    verb->callback([options, &line] {
        line.action = [options, &line] {
            auto console = std::make_shared<ConsoleObserver>(options->json);
            const auto trainer = Trainer::resume(options->run, {console}, line.stop);
            const TrainingSummary summary = runTrainer(*trainer, *console, options->steps, line.stop);
            console.reset();
            printSummary(summary, options->run, options->json);
            return 0;
        };
    });
}

}  // namespace maskscope::cli
