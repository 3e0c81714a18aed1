#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "analysis/forecast.h"
#include "console.h"
#include "core/files.h"
#include "core/text.h"
#include "recipes/recipe.h"
#include "verbs.h"

namespace maskscope::cli {
namespace {

struct ForecastOptions {
    std::string recipe, data, scale = "classroom", device = "auto";
    std::vector<std::string> settings;
    bool quick = false, json = false;
};

nlohmann::json knownOnly(double bytes) { return bytes > 0.0 ? nlohmann::json(bytes) : nlohmann::json(nullptr); }

int forecast(const ForecastOptions& options, const std::stop_token& stop) {
    TrainingRequest request;
    request.recipe = loadRecipe(options.recipe, {options.scale, options.settings}, resourcesFolder() / "recipes");
    request.data = options.data;
    request.device = options.device;
    const Forecast result = readingInput([&] { return options.quick ? estimateRun(request, stop) : forecastRun(request, stop); });
    if (options.json) {
        printJson({{"parameters", result.parameters},
                   {"steps", result.steps},
                   {"trial_steps", result.trialSteps},
                   {"trial_samples", result.trialSamples},
                   {"batch", result.batch},
                   {"available_bytes", result.availableBytes},
                   {"exceeds_memory", exceedsMemory(result)},
                   {"step_seconds", result.stepSeconds},
                   {"validation_seconds", result.validationSeconds},
                   {"total_seconds", result.totalSeconds},
                   {"peak_bytes", knownOnly(result.peakBytes)},
                   {"data_bytes", knownOnly(result.dataBytes)},
                   {"checkpoint_bytes", result.checkpointBytes},
                   {"disk_bytes", result.diskBytes}});
        return 0;
    }
    fmt::print("{} parameters\n", result.parameters);
    if (result.trialSteps > 0)
        fmt::print("time: about {} for {} steps of {:.1f} ms ({} of {} samples tried)\n", duration(result.totalSeconds), result.steps,
                   1e3 * result.stepSeconds, result.trialSteps, result.trialSamples);
    if (result.peakBytes > 0.0)
        fmt::print("memory: {} ({})", byteCount(result.peakBytes),
                   result.trialSteps == 0                ? "parameters and optimiser alone"
                   : result.trialSamples == result.batch ? "measured"
                                                         : "extrapolated");
    if (result.dataBytes > 0.0)
        fmt::print("{}{} of decoded images where they fit", result.peakBytes > 0.0 ? ", and " : "memory: ", byteCount(result.dataBytes));
    if (exceedsMemory(result)) fmt::print("\nwarning: only {} are there; choose a smaller train.batch or model", byteCount(result.availableBytes));
    fmt::print("\ndisk: checkpoints of {} each, at most {} in all\n", byteCount(result.checkpointBytes), byteCount(result.diskBytes));
    return 0;
}

}  // namespace

void addForecastVerb(CLI::App& app, CommandLine& line) {
    CLI::App* verb = app.add_subcommand("forecast", "Says what a run will take, from a few trial steps that leave nothing behind");
    auto options = std::make_shared<ForecastOptions>();
    verb->add_option("recipe", options->recipe, "recipe id (see 'recipes') or TOML file")->required();
    verb->add_option("--data", options->data, "as for train")->required();
    verb->add_option("--scale", options->scale, "size preset: classroom, laptop, paper")->capture_default_str();
    verb->add_option("--set", options->settings, "key=value, laid over the recipe")->type_name("KEY=VALUE");
    verb->add_option("--device", options->device, "auto, cpu, cuda or cuda:N")->capture_default_str();
    verb->add_flag("--quick", options->quick, "a few samples instead of whole batches where these take long");
    verb->add_flag("--json", options->json, "the figures on stdout");
    verb->footer("Example: maskscope-cli forecast mae --data photos --scale laptop");
    verb->callback([options, &line] { line.action = [options, &line] { return forecast(*options, line.stop); }; });
}

}  // namespace maskscope::cli
