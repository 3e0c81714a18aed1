#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "analysis/attention.h"
#include "analysis/run_session.h"
#include "asked_model.h"
#include "console.h"
#include "core/error.h"
#include "core/text.h"
#include "media/decode.h"
#include "media/picture.h"
#include "media/reconstruction_pictures.h"
#include "tensor/patches.h"
#include "verbs.h"

namespace maskscope::cli {
namespace {

struct AttentionOptions {
    std::string run, model, size, image, head = "mean", query, out;
    std::optional<std::int64_t> step, layer;
    bool rollout = false, json = false;
};

std::int64_t parseWhole(const std::string& text, const std::string& flag, const char* expected) {
    std::size_t used = 0;
    std::int64_t number = -1;
    try {
        number = std::stoll(text, &used);
    } catch (const std::exception&) {
        used = std::string::npos;
    }
    if (used != text.size()) throw UsageError(fmt::format("{} {}: expected {}", flag, text, expected));
    return number;
}

/// "3,7" -> the patch in row 3, column 7.
std::optional<std::int64_t> parseQuery(const std::string& text, const ImageInput& input) {
    if (text.empty()) return std::nullopt;
    const std::vector<std::string> parts = split(text, ',');
    if (parts.size() != 2) throw UsageError(fmt::format("--query {}: expected ROW,COLUMN, counted from 0", text));
    const std::int64_t row = parseWhole(parts[0], "--query", "ROW,COLUMN"), column = parseWhole(parts[1], "--query", "ROW,COLUMN");
    if (row < 0 || row >= input.gridRows() || column < 0 || column >= input.gridColumns())
        throw UsageError(
            fmt::format("--query {}: outside the patch grid of {} rows and {} columns, counted from 0", text, input.gridRows(), input.gridColumns()));
    return row * input.gridColumns() + column;
}

int attention(const AttentionOptions& options) {
    RunSession opened = openAsked({options.run, options.model, options.step, options.size});
    InferenceSession& session = *opened.session;
    const ImageInput& input = session.input().image("attention over patches");
    AttentionQuestion question{.layer = options.layer, .query = parseQuery(options.query, input), .rollout = options.rollout};
    if (options.head != "mean") question.head = parseWhole(options.head, "--head", "a number or 'mean'");
    const View view = session.viewOf(readingInput([&] { return readImageFile(options.image); }));
    const at::Tensor map = attentionMap(session.features(view, {.attentions = true}), question);
    const Image original = showUnitPixels(toUnitPixels(view.pixels(), input)[0]);
    writePng(options.out, attentionPicture(original, map, input.gridRows(), input.gridColumns(), question.query));
    const float* values = map.const_data_ptr<float>();
    const std::int64_t top = std::max_element(values, values + map.size(0)) - values;
    if (options.json)
        printJson({{"step", options.model.empty() ? nlohmann::json(opened.step) : nlohmann::json()},
                   {"grid", {input.gridRows(), input.gridColumns()}},
                   {"map", std::vector<float>(values, values + map.size(0))},
                   {"file", options.out}});
    else
        fmt::print("most attention: row {}, column {} ({:.1f} %); picture in {}\n", top / input.gridColumns(), top % input.gridColumns(),
                   100 * values[top], options.out);
    return 0;
}

}  // namespace

void addAttentionVerb(CLI::App& app, CommandLine& line) {
    CLI::App* verb = app.add_subcommand("attention", "Shows where a network looks in an image");
    auto options = std::make_shared<AttentionOptions>();
    auto* run = verb->add_option("--run", options->run, "run directory");
    verb->add_option("--step", options->step, "checkpoint of the run; without it the newest")->needs(run);
    auto* model = verb->add_option("--model", options->model, "checkpoint of another program: a folder, or a file of weights")->excludes(run);
    verb->add_option("--size", options->size, "HEIGHTxWIDTH that the model shall see; positions are resized")->needs(model);
    verb->add_option("--image", options->image, "the image")->required();
    auto* layer = verb->add_option("--layer", options->layer, "block, counted from 0; without it the last");
    auto* head = verb->add_option("--head", options->head, "head, counted from 0, or mean")->capture_default_str();
    verb->add_option("--query", options->query, "ROW,COLUMN of the patch that looks; without it the class token");
    verb->add_flag("--rollout", options->rollout, "attention through all layers together")->excludes(layer)->excludes(head);
    verb->add_option("--out", options->out, "PNG to write")->required();
    verb->add_flag("--json", options->json, "the map as numbers on stdout");
    verb->footer("Example: maskscope-cli attention --run runs/first --image cat.jpg --layer 3 --query 4,4 --out attention.png");
    verb->callback([options, run, model, &line] {
        if (run->count() + model->count() == 0) throw CLI::ValidationError("attention", "needs --run RUN or --model DIR");
        line.action = [options] { return attention(*options); };
    });
}

}  // namespace maskscope::cli
