#include <ATen/ATen.h>
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "analysis/mask_pictures.h"
#include "analysis/run_session.h"
#include "console.h"
#include "core/error.h"
#include "interop/safetensors.h"
#include "mask_arguments.h"
#include "masks/mask_statistics.h"
#include "media/decode.h"
#include "media/picture.h"
#include "recipes/components.h"
#include "recipes/strategy_text.h"
#include "verbs.h"

namespace maskscope::cli {
namespace {

struct MaskOptions {
    std::string strategy, grid, run, image, out, preview;
    std::vector<std::string> settings;
    std::optional<double> ratio;
    std::int64_t count = 1;
    std::uint64_t seed = 0;
    bool json = false;
};

MaskDraw drawOf(const MaskOptions& options) {
    MaskDraw draw{.seed = options.seed, .purpose = "mask", .step = 0, .samples = {}};
    for (std::int64_t i = 0; i < options.count; ++i) draw.samples.push_back(static_cast<std::uint64_t>(i));
    return draw;
}

void printGrid(const at::Tensor& hidden, const std::vector<std::int64_t>& sides) {
    const std::int64_t columns = sides.back();
    const float* values = hidden.const_data_ptr<float>();
    for (std::int64_t i = 0; i < hidden.numel(); ++i) fmt::print("{}{}", values[i] > 0.5F ? "#" : ".", (i + 1) % columns == 0 ? "\n" : " ");
    fmt::print("\n");
}

void writeMasks(const MaskOptions& options, const std::vector<Mask>& masks) {
    NamedTensors tensors;
    for (const Mask& mask : masks) {
        const std::string prefix = &mask == &masks.front() ? "" : mask.role + ".";
        tensors.emplace_back(prefix + "mask", mask.hidden.to(at::kByte));
        if (mask.order.defined()) tensors.emplace_back(prefix + "order", mask.order);
        if (mask.source.defined()) tensors.emplace_back(prefix + "source", mask.source);
        for (const auto& [name, tensor] : mask.extras) tensors.emplace_back(prefix + name, tensor);
    }
    writeSafetensors(options.out, tensors, {{"strategy", options.strategy}, {"grid", options.grid}, {"seed", std::to_string(options.seed)}});
}

/// What the run's checkpoint holds, and with an image what its networks say of it.
Signals signalsOf(const MaskOptions& options) {
    if (options.run.empty()) return {};
    RunSession opened = openRunSession(options.run, std::nullopt);
    if (options.image.empty()) return opened.signals;
    Signals signals = opened.session->lookAhead(opened.session->viewOf(readingInput([&] { return readImageFile(options.image); })));
    for (const auto& [name, signal] : opened.signals.all()) signals.write(name, signal.value, signal.step);
    return signals;
}

int mask(const MaskOptions& options) {
    const std::vector<std::int64_t> sides = parseGrid(options.grid);
    Value strategy = parseStrategy(options.strategy);
    if (options.ratio) strategy.set("ratio", *options.ratio);
    addSettings(strategy, options.settings);
    const auto component = makeMaskRegistry().make(strategy, "mask", "strategy");
    const Image image = options.image.empty() ? Image() : toImage(readingInput([&] { return readImageFile(options.image); }));
    const Geometry geometry = Geometry::grid(options.count, sides);
    const Signals signals = signalsOf(options);
    const std::vector<Mask> masks = component->sample(geometry, signals, drawOf(options));
    const at::Tensor hidden = masks.front().hidden.contiguous();
    if (!options.out.empty()) writeMasks(options, masks);
    if (!options.preview.empty()) writePng(options.preview, maskSheet(hidden, sides, image));
    const double ratio = hidden.mean().item<double>();
    if (options.json)
        printJson({{"strategy", strategy.find("strategy")->asString()},
                   {"grid", sides},
                   {"count", options.count},
                   {"tokens", geometry.tokens()},
                   {"hidden", hidden.sum(1).to(at::kLong)[0].item<std::int64_t>()},
                   {"ratio", ratio},
                   {"seed", options.seed}});
    else if (options.out.empty() && options.preview.empty())
        for (std::int64_t i = 0; i < options.count; ++i) printGrid(hidden[i], sides);
    else
        fmt::print("{} masks of {} patches, {:.1f} % hidden\n", options.count, geometry.tokens(), 100 * ratio);
    return 0;
}

}  // namespace

void addMaskVerb(CLI::App& app, CommandLine& line) {
    CLI::App* verb = app.add_subcommand("mask", "Draws masks with a strategy, to look at or to use elsewhere (1 = hidden)");
    auto options = std::make_shared<MaskOptions>();
    verb->add_option("strategy", options->strategy, "mask strategy (see 'components'), as NAME or NAME:key=value,...")->required();
    verb->add_option("--grid", options->grid, "patches a side: 14x14 (rows x columns), 196, 8x14x14")->required();
    verb->add_option("--ratio", options->ratio, "share of patches to hide");
    verb->add_option("--set", options->settings, "key=value, a parameter of the strategy")->type_name("KEY=VALUE");
    verb->add_option("--count", options->count, "masks to draw")->check(CLI::Range(1, 1'000'000))->capture_default_str();
    verb->add_option("--seed", options->seed, "of the draw")->check(wholeNumberProblem)->capture_default_str();
    verb->add_option("--run", options->run,
                     "run whose signals the strategy reads, as its newest checkpoint holds them; with --image, what its networks say of that image")
        ->check(CLI::ExistingDirectory);
    verb->add_option("--image", options->image, "picture to show the masks on");
    verb->add_option("--out", options->out, "safetensors file: mask [count, N] uint8, row-major");
    verb->add_option("--preview", options->preview, "PNG that shows the masks");
    verb->add_flag("--json", options->json, "what was drawn, on stdout");
    verb->footer("Example: maskscope-cli mask block --grid 14x14 --ratio 0.4 --count 8 --preview masks.png");
    verb->callback([options, &line] { line.action = [options] { return mask(*options); }; });
}

}  // namespace maskscope::cli
