#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "console.h"
#include "sample_data/graph_data.h"
#include "sample_data/sample_data.h"
#include "sample_data/text_data.h"
#include "verbs.h"

namespace maskscope::cli {
namespace {

int writeGraphs(const std::string& out, const SampleDataOptions& options, bool json) {
    generateGraphData(out, {.trainGraphs = options.trainImages, .testGraphs = options.testImages, .seed = options.seed});
    if (json)
        printJson({{"folder", out}, {"written", options.trainImages + options.testImages}, {"kept", 0}});
    else
        fmt::print("{}: {} graphs written\n", out, options.trainImages + options.testImages);
    return 0;
}

int writeTexts(const std::string& out, const SampleDataOptions& options, bool json) {
    generateTextData(out, {.trainTexts = options.trainImages, .testTexts = options.testImages, .seed = options.seed});
    if (json)
        printJson({{"folder", out}, {"written", options.trainImages + options.testImages}, {"kept", 0}});
    else
        fmt::print("{}: {} texts written\n", out, options.trainImages + options.testImages);
    return 0;
}

}  // namespace

void addSampleDataVerb(CLI::App& app, CommandLine& line) {
    struct Options {
        std::string out, domain = "image";
        SampleDataOptions data;
        bool json = false;
    };
    CLI::App* verb = app.add_subcommand("sample-data", "Generates pictures or graphs with labels, or texts, to start with, without any network");
    auto options = std::make_shared<Options>();
    verb->add_option("--out", options->out,
                     "folder to fill: train/<class>/NNNN.png and test/<class>/NNNN.png, or train/ and test/ with nodes.csv, edges.csv, labels.csv, "
                     "or with texts.txt")
        ->required();
    verb->add_option("--domain", options->domain,
                     "image; graph: motifs (community, cycle, grid, star) in random surroundings; text: short texts, one a line")
        ->check(CLI::IsMember({"image", "graph", "text"}))
        ->capture_default_str();
    verb->add_option("--train", options->data.trainImages, "training samples")->capture_default_str();
    verb->add_option("--test", options->data.testImages, "test samples")->capture_default_str();
    verb->add_option("--size", options->data.sidePx, "side in pixels")->capture_default_str();
    verb->add_option("--seed", options->data.seed, "of the samples")->capture_default_str();
    verb->add_flag("--json", options->json, "what was done, on stdout");
    verb->footer("Example: maskscope-cli sample-data --out samples");
    verb->callback([options, &line] {
        line.action = [options, &line] {
            if (options->domain == "text") return writeTexts(options->out, options->data, options->json);
            if (options->domain == "graph") return writeGraphs(options->out, options->data, options->json);
            ConsoleObserver console(false);
            const auto progress = [&](std::int64_t done, std::int64_t total) {
                console.onWork({.what = "generating pictures", .done = done, .total = total});
            };
            const SampleDataResult result = generateSampleData(options->out, options->data, progress, line.stop);
            if (result.stopped) return reportError("stopped; the same command completes the set", 1);
            if (options->json)
                printJson({{"folder", options->out}, {"written", result.written}, {"kept", result.kept}});
            else
                fmt::print("{}: {} pictures written, {} were there already\n", options->out, result.written, result.kept);
            return 0;
        };
    });
}

}  // namespace maskscope::cli
