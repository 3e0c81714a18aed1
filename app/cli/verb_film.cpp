#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "analysis/film.h"
#include "console.h"
#include "media/decode.h"
#include "recipes/strategy_text.h"
#include "verbs.h"

namespace maskscope::cli {
namespace {

struct FilmOptions {
    std::string run, image, mask, out;
    std::uint64_t seed = 0;
    double seconds = 0.5;
    bool json = false;
};

int film(const FilmOptions& options, const std::stop_token& stop) {
    const auto image = std::make_shared<const DecodedImage>(readingInput([&] { return readImageFile(options.image); }));
    const Value strategy = options.mask.empty() ? Value() : parseStrategy(options.mask);
    const auto answers = shootFilm({options.run, image, DrawnMask{strategy, options.seed}, {}}, {}, stop);
    writeFilm(options.out, filmFrames(answers), options.seconds);
    nlohmann::json frames = nlohmann::json::array();
    for (const ReconstructionRecord& answer : answers) frames.push_back({{"step", answer.step}, {"hidden_loss", optionalNumber(answer.hiddenLoss)}});
    if (options.json)
        printJson({{"file", options.out}, {"frames", frames}});
    else
        fmt::print("{} frames, steps {} to {}, in {}\n", answers.size(), answers.front().step, answers.back().step, options.out);
    return 0;
}

}  // namespace

void addFilmVerb(CLI::App& app, CommandLine& line) {
    CLI::App* verb = app.add_subcommand("film", "Shows how a run learned to fill in one image: a frame for each checkpoint");
    auto options = std::make_shared<FilmOptions>();
    verb->add_option("--run", options->run, "run directory")->required();
    verb->add_option("--image", options->image, "the image")->required();
    verb->add_option("--mask", options->mask, "NAME:key=value,... instead of the recipe's own mask");
    verb->add_option("--seed", options->seed, "of the mask, which is the same in every frame")->check(wholeNumberProblem)->capture_default_str();
    verb->add_option("--seconds", options->seconds, "how long a frame stands")->check(CLI::Range(0.02, 60.0))->capture_default_str();
    verb->add_option("--out", options->out, "film.gif, or a folder for numbered PNG files")->required();
    verb->add_flag("--json", options->json, "what was shown, on stdout");
    verb->footer("Example: maskscope-cli film --run runs/first --image cat.jpg --out cat.gif");
    verb->callback([options, &line] { line.action = [options, &line] { return film(*options, line.stop); }; });
}

}  // namespace maskscope::cli
