#include "analysis/step_bench.h"

#include <chrono>
#include <cmath>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "core/files.h"
#include "core/toml.h"
#include "families/family.h"
#include "interop/safetensors.h"
#include "interop/saved_tensors.h"
#include "recipes/recipe.h"
#include "tensor/device_memory.h"
#include "training/step.h"

namespace maskscope {
namespace {

constexpr std::int64_t kWarmUp = 2;
constexpr std::uint64_t kSeed = 0;

struct BenchConfig {
    std::int64_t image, patch, width, depth, heads, headWidth, headDepth, headHeads, batch;
};

const std::map<std::string, BenchConfig> kConfigs{{"C1", {32, 4, 192, 6, 3, 96, 2, 3, 128}},
                                                  {"C2", {224, 16, 384, 12, 6, 256, 4, 8, 16}},
                                                  {"C3", {32, 4, 96, 4, 3, 64, 1, 2, 64}},
                                                  {"B16", {224, 16, 768, 12, 12, 512, 8, 16, 256}},
                                                  {"L16", {224, 16, 1024, 24, 16, 512, 8, 16, 256}}};

Value recipeFor(const BenchConfig& c) {
    Value root = loadRecipe("mae", {}, resourcesFolder() / "recipes").root;
    applySettings(root, {fmt::format("input.size={}", c.image), fmt::format("input.patch={}", c.patch), fmt::format("encoder.width={}", c.width),
                         fmt::format("encoder.depth={}", c.depth), fmt::format("encoder.heads={}", c.heads),
                         fmt::format("objective.head.width={}", c.headWidth), fmt::format("objective.head.depth={}", c.headDepth),
                         fmt::format("objective.head.heads={}", c.headHeads), "objective.target.normalize=false"});
    return root;
}

/// The optimiser that peers are measured with: AdamW that decays everything at a constant rate.
void useBenchOptimizer(Value& root, std::int64_t batch, const StepBenchRequest& request) {
    root.set("train", parseToml(fmt::format("steps = 1000000\nbatch = {}\nfast = {}\nprecision = \"{}\"\ngraph = \"{}\"\noptimizer = {{ kind = "
                                            "\"adamw\", lr = 1e-4, betas = [0.9, 0.95], "
                                            "weight_decay = 0.05, decay = \"all\" }}\nschedule = {{ kind = \"constant\" }}\n",
                                            batch, request.fast, request.precision, request.graph),
                                "bench"));
}

/// The mask of one sample is told by noise: the int(N * (1 - ratio)) patches of least noise stay visible.
at::Tensor hiddenFromNoise(const at::Tensor& noise, double ratio) {
    const auto visible = static_cast<std::int64_t>(static_cast<double>(noise.size(1)) * (1.0 - ratio));
    const at::Tensor kept = noise.argsort(std::int64_t{1}, false).narrow(1, 0, visible);
    return at::ones_like(noise).scatter(1, kept, 0.0);
}

View viewOf(at::Tensor pixels, const ImageInput& input) {
    if (pixels.dim() != 4 || pixels.size(1) != input.channels || pixels.size(2) != input.height || pixels.size(3) != input.width)
        throw DataError(
            fmt::format("pixel_values do not fit the configuration, which expects [B, {}, {}, {}]", input.channels, input.height, input.width));
    View view;
    for (std::int64_t i = 0; i < pixels.size(0); ++i) view.sampleIds.push_back(i);
    view.geometry = Geometry::grid(pixels.size(0), {input.gridRows(), input.gridColumns()});
    view.tensors["pixels"] = std::move(pixels);
    return view;
}

}  // namespace

StepBench runStepBench(const StepBenchRequest& request, std::stop_token stop) {
    const auto config = kConfigs.find(request.config);
    if (config == kConfigs.end()) throw UsageError(fmt::format("--config {}: expected C1, C2, C3, B16 or L16", request.config));
    std::optional<ForeignModel> foreign;
    std::optional<SafetensorsFile> inputs;
    if (!request.from.empty()) {
        foreign = openFamilyModel(request.from / "model").model->asMethod({});
        inputs.emplace(request.from / "inputs.safetensors");
    }
    Value root = foreign ? foreign->recipe : recipeFor(config->second);
    useBenchOptimizer(root, config->second.batch, request);
    const MethodSpec spec = expandRecipe(root);
    Method method(spec, Components(), kSeed, request.device);
    if (foreign) copySaved(method.namedState(), foreign->weights, (request.from / "model").string());
    method.train();
    for (auto& parameter : method.named_parameters())  // masked autoencoders keep their positions (He et al., CVPR 2022, Sec. 3)
        if (parameter.key().ends_with("pos_embed.table")) parameter.value().requires_grad_(false);
    TrainingStep training(method, TrainSettings::read(root));
    const ImageInput& input = spec.input.image("the bench");
    at::Tensor pixels =
        inputs ? inputs->tensor("pixel_values")
               : at::randn({config->second.batch, input.channels, input.height, input.width}, at::detail::createCPUGenerator(kSeed), at::kFloat);
    const std::vector<View> host{viewOf(pixels, input)}, views{host.front().to(request.device)};
    const double ratio = spec.masks.front().strategy.find("ratio")->asNumber();
    StepBench result{.path = training.path()};
    Signals signals;
    for (std::int64_t i = 0; i < request.steps + kWarmUp && !stop.stop_requested(); ++i) {
        const auto start = std::chrono::steady_clock::now();
        MaskPlan plan;
        if (inputs) {
            Mask mask;
            mask.hidden = hiddenFromNoise(inputs->tensor(fmt::format("noise.{}", i)), ratio);
            plan.add(std::move(mask));
        } else {
            plan = method.drawMasks(host, Signals(), trainingDraw(kSeed, i, 0, pixels.size(0)));
        }
        const StepResult step = training.run(i, kSeed, {{views, plan.to(request.device)}}, signals);
        result.loss.push_back(step.loss.item<double>());
        if (i >= kWarmUp) result.stepSeconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    result.graphObstacle = training.graphObstacle();
    if (const auto memory = memoryOf(request.device)) result.peakDeviceBytes = memory->peak;
    return result;
}

}  // namespace maskscope
