#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "analysis/run_session.h"
#include "asked_model.h"
#include "console.h"
#include "core/error.h"
#include "mask_arguments.h"
#include "recipes/strategy_text.h"
#include "reconstruct.h"
#include "verbs.h"

namespace maskscope::cli {
namespace {

int reconstruct(const ReconstructOptions& options) {
    if (!options.mask.empty() && !options.maskImage.empty()) throw UsageError("--mask and --mask-image exclude each other; give one");
    RunSession opened = openAsked({options.run, options.model, options.step, options.size});
    const std::string kind = opened.session->input().kind();
    const auto& [option, given] = kind == "text"    ? std::pair("--text", options.texts)
                                  : kind == "graph" ? std::pair("--graph", options.graphs)
                                                    : std::pair("--image", options.images);
    if (kind != "text" && options.out.empty()) throw UsageError("--out is required: a folder for what is written");
    if (given.empty())
        throw UsageError(fmt::format("{}: the model sees input of the kind '{}'; give it with {}", options.run + options.model, kind, option));
    return kind == "text"    ? reconstructTexts(options, opened)
           : kind == "graph" ? reconstructGraphs(options, opened)
                             : reconstructImages(options, opened);
}

}  // namespace

MaskPlan planFor(const ReconstructOptions& options, const InferenceSession& session, const View& view) {
    if (!options.maskImage.empty())
        return session.drawMasks(view, Value(Value::Table{{"strategy", "file"}, {"path", options.maskImage}}), options.seed);
    if (!options.mask.empty()) return session.drawMasks(view, parseStrategy(options.mask), options.seed);
    return session.drawMasks(view, options.seed);
}

void addReconstructVerb(CLI::App& app, CommandLine& line) {
    CLI::App* verb = app.add_subcommand("reconstruct", "Hides parts of images, texts or graphs and lets a model fill them in");
    auto options = std::make_shared<ReconstructOptions>();
    auto* run = verb->add_option("--run", options->run, "run directory");
    verb->add_option("--step", options->step, "checkpoint of the run; without it the newest")->needs(run);
    auto* model = verb->add_option("--model", options->model, "checkpoint of another program: a folder, or a file of weights")->excludes(run);
    verb->add_option("--size", options->size, "HEIGHTxWIDTH that the model shall see; positions are resized")->needs(model);
    verb->add_option("--image", options->images, "one or more images");
    verb->add_option("--text", options->texts, "one or more sentences or text files, for a model of text");
    verb->add_option("--graph", options->graphs, "one or more graph data sets, for a model of graphs");
    verb->add_option("--mask", options->mask, "strategy as NAME or NAME:key=value,...; without it the recipe's own");
    verb->add_option("--mask-image", options->maskImage, "picture of the mask: white is hidden");
    verb->add_option("--seed", options->seed, "of the mask")->check(wholeNumberProblem)->capture_default_str();
    verb->add_option(
        "--out", options->out,
        "folder for what is written (texts are printed and need none); images: <stem>-{input,masked,reconstruction,composite,error}.png, or "
        "<stem>-{input,masked,target,prediction}.png where no pixels are predicted, and what the recipe shows beside");
    verb->add_flag("--leaks", options->leaks,
                   "also the view that uses the hidden patches' true statistics, labelled LEAKS (normalised targets only)");
    verb->add_flag("--json", options->json, "one object an image on stdout");
    verb->footer("Example: maskscope-cli reconstruct --run runs/first --image cat.jpg --mask block:ratio=0.5 --out pictures");
    verb->callback([options, run, model, &line] {
        if (run->count() + model->count() == 0) throw CLI::ValidationError("reconstruct", "needs --run RUN or --model DIR");
        line.action = [options] { return reconstruct(*options); };
    });
}

}  // namespace maskscope::cli
