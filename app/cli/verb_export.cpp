#include <map>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "analysis/model_export.h"
#include "console.h"
#include "verbs.h"

namespace maskscope::cli {
namespace {

const std::map<std::string, ExportFormat> kFormats{
    {"hf", ExportFormat::Transformers}, {"timm", ExportFormat::Timm}, {"safetensors", ExportFormat::Safetensors}};

struct ExportOptions {
    std::string run, format, out;
    std::optional<std::int64_t> step;
    bool json = false;
};

int exportRun(const ExportOptions& options) {
    const ExportResult result = exportModel({.run = options.run, .step = options.step, .format = kFormats.at(options.format), .out = options.out});
    if (options.json)
        printJson({{"step", result.step}, {"class", result.className}, {"note", result.note}, {"files", result.files}, {"out", options.out}});
    else
        fmt::print("step {}: {} in {}\n{}", result.step, result.className.empty() ? "all tensors by their own names" : result.className, options.out,
                   result.note.empty() ? "" : result.note + "\n");
    return 0;
}

}  // namespace

void addExportVerb(CLI::App& app, CommandLine& line) {
    CLI::App* verb = app.add_subcommand("export", "Writes the model of a run so that other programs open it");
    auto options = std::make_shared<ExportOptions>();
    verb->add_option("run", options->run, "run directory")->required();
    verb->add_option("--step", options->step, "checkpoint of the run; without it the newest");
    verb->add_option("--format", options->format, "hf (Hugging Face transformers), timm, or safetensors (own names)")
        ->required()
        ->check(CLI::IsMember({"hf", "timm", "safetensors"}));
    verb->add_option("--out", options->out, "folder to make")->required();
    verb->add_flag("--json", options->json, "what was written on stdout");
    verb->footer("Example: maskscope-cli export runs/first --format hf --out first-hf");
    verb->callback([options, &line] { line.action = [options] { return exportRun(*options); }; });
}

}  // namespace maskscope::cli
