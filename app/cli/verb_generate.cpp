#include <filesystem>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "asked_model.h"
#include "console.h"
#include "core/error.h"
#include "core/files.h"
#include "media/picture.h"
#include "verbs.h"

namespace maskscope::cli {
namespace {

constexpr std::int64_t kStages = 4;

struct GenerateOptions {
    std::string run, out;
    std::optional<std::int64_t> step;
    std::int64_t count = 8;
    std::uint64_t seed = 1;
    bool json = false;
};

/// A row a picture: how it looked on the way, and in the end.
Image decodingSheet(const InferenceSession::Generation& made) {
    std::vector<Tile> tiles;
    for (std::size_t i = 0; i < made.pictures.size(); ++i) {
        for (const Image& stage : made.stages[i]) tiles.push_back({stage, "", false});
        tiles.push_back({made.pictures[i], "", false});
    }
    SheetStyle style;
    style.columns = static_cast<int>(tiles.size() / made.pictures.size());
    style.scale = std::max(1, 96 / made.pictures.front().width);
    return contactSheet(tiles, style);
}

int generate(const GenerateOptions& options, const std::stop_token& stop) {
    RunSession opened = openAsked({.run = options.run, .model = "", .step = options.step, .size = ""});
    ConsoleObserver console(options.json);
    const auto made = opened.session->generate(options.count, options.seed, kStages, [&](const Decoding& now) {
        console.onWork({.what = "guessing codes", .done = now.step, .total = now.steps});
        return !stop.stop_requested();
    });
    if (stop.stop_requested()) throw UsageError("stopped; nothing was written");
    const std::filesystem::path folder = options.out;
    makeFolder(folder);
    for (std::size_t i = 0; i < made.pictures.size(); ++i) writePng(folder / fmt::format("sample-{:03}.png", i), made.pictures[i]);
    writePng(folder / "decoding.png", decodingSheet(made));
    if (options.json)
        printJson({{"count", made.pictures.size()}, {"seed", options.seed}, {"out", folder.string()}});
    else
        fmt::print("{}: {} pictures, and decoding.png shows how they came about\n", folder.string(), made.pictures.size());
    return 0;
}

}  // namespace

void addGenerateVerb(CLI::App& app, CommandLine& line) {
    CLI::App* verb = app.add_subcommand("generate", "Lets a model that guesses codes make new pictures of nothing");
    auto options = std::make_shared<GenerateOptions>();
    verb->add_option("--run", options->run, "run directory of a recipe with a sampler, such as igpt or maskgit")->required();
    verb->add_option("--step", options->step, "checkpoint of the run; without it the newest");
    verb->add_option("--count", options->count, "pictures")->check(CLI::Range(1, 1024))->capture_default_str();
    verb->add_option("--seed", options->seed, "of the draws")->check(wholeNumberProblem)->capture_default_str();
    verb->add_option("--out", options->out, "folder for sample-NNN.png and decoding.png")->required();
    verb->add_flag("--json", options->json, "one object on stdout");
    verb->footer("Example: maskscope-cli generate --run runs/igpt --count 16 --out pictures");
    verb->callback([options, &line] { line.action = [options, &line] { return generate(*options, line.stop); }; });
}

}  // namespace maskscope::cli
