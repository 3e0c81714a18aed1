#include <filesystem>
#include <set>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "analysis/run_session.h"
#include "console.h"
#include "core/error.h"
#include "core/files.h"
#include "mask_arguments.h"
#include "media/decode.h"
#include "media/picture.h"
#include "verbs.h"

namespace maskscope::cli {
namespace {

namespace fs = std::filesystem;

struct ReconstructOptions {
    std::string run, model, mask, maskImage, out;
    std::vector<std::string> images;
    std::optional<std::int64_t> step;
    std::uint64_t seed = 0;
    bool leaks = false, json = false;
};

MaskPlan planFor(const ReconstructOptions& options, const InferenceSession& session, const View& view) {
    if (!options.maskImage.empty())
        return session.drawMasks(view, Value(Value::Table{{"strategy", "file"}, {"path", options.maskImage}}), options.seed);
    if (!options.mask.empty()) return session.drawMasks(view, parseStrategy(options.mask), options.seed);
    return session.drawMasks(view, options.seed);
}

/// A picture without labels cannot be told from an honest one, so this one is framed and labelled.
Image labelledLeak(const Image& picture) {
    const std::vector<Tile> tiles{{picture, "LEAKS", true}};
    SheetStyle style;
    style.scale = std::max(1, 128 / picture.width);
    return contactSheet(tiles, style);
}

nlohmann::json writePictures(const Reconstruction& answer, const fs::path& out, const std::string& stem, bool leaks) {
    nlohmann::json files = nlohmann::json::array();
    const auto write = [&](const char* name, const Image& picture) {
        const fs::path file = out / fmt::format("{}-{}.png", stem, name);
        writePng(file, picture);
        files.push_back(file.string());
    };
    write("input", answer.original);
    write("masked", answer.masked);
    write("reconstruction", answer.prediction);
    write("composite", answer.composite);
    write("error", answer.error);
    if (leaks && answer.leaking) write("composite-LEAKS", labelledLeak(*answer.leaking));
    return files;
}

std::string uniqueStem(const fs::path& image, std::set<std::string>& used) {
    std::string stem = image.stem().string();
    for (int n = 2; !used.insert(stem).second; ++n) stem = fmt::format("{}-{}", image.stem().string(), n);
    return stem;
}

int reconstruct(const ReconstructOptions& options) {
    if (!options.model.empty())
        throw UsageError("--model is not available: needs reading of other programs' checkpoints; use --run with a run of this program");
    if (!options.mask.empty() && !options.maskImage.empty()) throw UsageError("--mask and --mask-image exclude each other; give one");
    RunSession opened = openRunSession(options.run, options.step);
    std::set<std::string> used;
    int status = 0;
    for (const std::string& image : options.images) {
        View view;
        try {
            view = readingInput([&] { return opened.session->viewOf(readImageFile(image)); });
        } catch (const DataError& error) {
            status = reportError(error.what(), 2);  // the others are still done
            continue;
        } catch (const ShapeError& error) {
            status = reportError(fmt::format("{}: {}", image, error.what()), 2);
            continue;
        }
        const Reconstruction answer = opened.session->reconstruct(view, readingInput([&] { return planFor(options, *opened.session, view); }));
        if (options.leaks && !answer.leaking)
            fmt::print(stderr, "--leaks: this recipe's targets use no patch statistics, so there is no leaking view\n");
        makeFolder(options.out);
        const nlohmann::json files = writePictures(answer, options.out, uniqueStem(image, used), options.leaks);
        if (options.json)
            printJson({{"image", image}, {"step", opened.step}, {"hidden_loss", answer.hiddenLoss}, {"files", files}});
        else
            fmt::print("{}: squared error on hidden patches {:.4f}, {} pictures in {}\n", image, answer.hiddenLoss, files.size(), options.out);
    }
    return status;
}

}  // namespace

void addReconstructVerb(CLI::App& app, CommandLine& line) {
    CLI::App* verb = app.add_subcommand("reconstruct", "Hides parts of images and lets a model fill them in");
    auto options = std::make_shared<ReconstructOptions>();
    auto* run = verb->add_option("--run", options->run, "run directory");
    verb->add_option("--step", options->step, "checkpoint of the run; without it the newest")->needs(run);
    auto* model = verb->add_option("--model", options->model, "checkpoint of another program (not available in this version)")->excludes(run);
    verb->add_option("--image", options->images, "one or more images")->required();
    verb->add_option("--mask", options->mask, "strategy as NAME or NAME:key=value,...; without it the recipe's own");
    verb->add_option("--mask-image", options->maskImage, "picture of the mask: white is hidden");
    verb->add_option("--seed", options->seed, "of the mask")->check(wholeNumberProblem)->capture_default_str();
    verb->add_option("--out", options->out, "folder for <stem>-{input,masked,reconstruction,composite,error}.png")->required();
    verb->add_flag("--leaks", options->leaks,
                   "also the view that uses the hidden patches' true statistics, labelled LEAKS (normalised targets only)");
    verb->add_flag("--json", options->json, "one object an image on stdout");
    verb->footer("Example: maskscope-cli reconstruct --run runs/first --image cat.jpg --mask block:ratio=0.5 --out pictures");
    verb->callback([options, run, model, &line] {
        if (run->count() + model->count() == 0) throw CLI::ValidationError("reconstruct", "needs --run RUN");
        line.action = [options] { return reconstruct(*options); };
    });
}

}  // namespace maskscope::cli
