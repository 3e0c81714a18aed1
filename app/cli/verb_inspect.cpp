#include <filesystem>

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "analysis/model_session.h"
#include "asked_model.h"
#include "console.h"
#include "core/error.h"
#include "core/text.h"
#include "data/graphs/graph_dataset.h"
#include "data/images/statistics.h"
#include "data/text/text_dataset.h"
#include "inspect_graphs.h"
#include "inspect_texts.h"
#include "interop/torch_checkpoint.h"
#include "interop/weights.h"
#include "recipes/category.h"
#include "recipes/components.h"
#include "recipes/method_spec.h"
#include "training/checkpoint_store.h"
#include "training/metrics_log.h"
#include "training/run_description.h"
#include "training/run_directory.h"
#include "training/run_lock.h"
#include "verbs.h"

namespace maskscope::cli {
namespace {

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;  // reports are read from the top

/// As printJson shows it: names that are not UTF-8 stand no chance to break a line.
std::string shown(const json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

constexpr std::size_t kShownTensors = 12, kShownProblems = 10;

json inspectWeights(const fs::path& path) {
    const Weights weights = readingInput([&] { return openWeights(path); });
    json tensors = json::array();
    std::int64_t values = 0;
    for (const std::string& name : weights.names()) {
        const SafetensorsFile::Entry& entry = weights.entry(name);
        std::int64_t count = 1;
        for (const std::int64_t side : entry.shape) count *= side;
        values += count;
        tensors.push_back({{"name", name}, {"shape", entry.shape}, {"type", c10::toString(entry.dtype)}});
    }
    return {{"kind", "checkpoint"}, {"path", path.string()}, {"tensors", tensors}, {"parameters", values}, {"metadata", weights.metadata()}};
}

json inspectTorchFile(const fs::path& path) {
    const auto checkpoint = readingInput([&] { return std::make_unique<TorchCheckpoint>(path); });
    json tensors = json::array();
    std::int64_t values = 0;
    for (const TorchCheckpoint::Entry& entry : checkpoint->entries()) {
        std::int64_t count = 1;
        for (const std::int64_t side : entry.shape) count *= side;
        values += count;
        tensors.push_back({{"name", entry.name}, {"shape", entry.shape}, {"type", c10::toString(entry.dtype)}});
    }
    return {{"kind", "checkpoint"}, {"form", "torch.save"}, {"path", path.string()},
            {"tensors", tensors},   {"parameters", values}, {"values", checkpoint->values()}};
}

/// Adds what the checkpoint is, or why nobody can tell.
json withCard(json report, const fs::path& path) {
    if (!looksLikeModel(path)) return report;
    try {
        report["card"] = cardJson(openFamilyModel(path).card);
    } catch (const Error& error) {
        report["problems"] = json::array({error.what()});
    }
    return report;
}

json inputJson(const InputSpec& input) {
    json described{{"kind", input.kind()}};
    if (const ImageInput* image = input.ifImage()) {
        described["size"] = {image->height, image->width};
        described["patch"] = {image->patchHeight, image->patchWidth};
        described["channels"] = image->channels;
    } else if (const TextInput* text = input.ifText()) {
        described["tokenizer"] = text->tokenizer;
        described["vocabulary"] = text->vocabulary;
        described["length"] = text->length;
    } else if (const GraphInput* graph = input.ifGraph()) {
        described["node_features"] = graph->nodeFeatures;
        described["edge_features"] = graph->edgeFeatures;
    }
    return described;
}

json inspectRun(const fs::path& path) {
    const RunDirectory directory = RunDirectory::open(path);
    const RunDescription description = RunDescription::fromValue(directory.content(), directory.runFile().string());
    json checkpoints = json::array(), problems = json::array();
    for (const CheckpointInfo& info : CheckpointStore(directory.checkpointsFolder(), CheckpointStore::Access::Read).list()) {
        checkpoints.push_back(
            {{"step", info.step}, {"bytes", info.bytes}, {"val_loss", optionalNumber(info.valLoss)}, {"complete", info.isComplete()}});
        if (!info.isComplete()) problems.push_back(info.problem);
    }
    const auto writer = RunLock::holder(directory.lockFile());
    const bool writing = writer && RunLock::isAlive(*writer).value_or(true);
    const std::size_t rows = fs::exists(directory.metricsFile()) ? MetricsLog::read(directory.metricsFile()).rows.size() : 0;
    const MethodSpec spec = expandRecipe(description.request.recipe.root);
    return {{"kind", "run"},
            {"path", path.string()},
            {"recipe", description.request.recipe.id},
            {"scale", description.request.recipe.scale},
            {"category", deriveCategory(spec, Components())},
            {"input", inputJson(spec.input)},
            {"seed", description.request.seed},
            {"data", description.request.data.string()},
            {"train_images", description.findings.trainImages},
            {"validation_images", description.findings.validationImages},
            {"device", description.findings.device},
            {"threads", description.findings.threads},
            {"metric_rows", rows},
            {"being_written", writing},
            {"checkpoints", checkpoints},
            {"problems", problems}};
}

json inspectData(const fs::path& path, const std::stop_token& stop) {
    const auto dataset = readingInput([&] { return openImages(path, {.stop = stop}); });
    const DatasetStatistics statistics = computeStatistics(*dataset, 500, {}, stop);
    json classes = json::object(), channels = json::object(), problems = json::array();
    for (const auto& [name, count] : statistics.classes) classes[name] = count;
    for (const auto& [count, samples] : statistics.channels) channels[std::to_string(count)] = samples;
    for (const DataProblem& problem : dataset->problems()) problems.push_back(problem.reason);
    return {{"kind", "data"},
            {"path", path.string()},
            {"form", dataset->form()},
            {"images", statistics.count},
            {"classes", classes},
            {"unlabelled", statistics.unlabelled},
            {"width", {statistics.minWidth, statistics.maxWidth}},
            {"height", {statistics.minHeight, statistics.maxHeight}},
            {"channels", channels},
            {"mean", statistics.mean},
            {"std", statistics.std},
            {"examined", statistics.examined},
            {"fingerprint", dataset->fingerprint()},
            {"notices", dataset->notices()},
            {"problems", problems}};
}

json inspectAny(const fs::path& path, const std::stop_token& stop) {
    const std::string name = path.filename().string();
    const auto endsWith = [&](const std::string& end) {
        return name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
    };
    if (fs::exists(path / "run.toml") || fs::exists(path / "checkpoints")) return inspectRun(path);
    if (endsWith(".safetensors") || endsWith(".safetensors.index.json") || fs::exists(path / "model.safetensors") ||
        fs::exists(path / "model.safetensors.index.json"))
        return withCard(inspectWeights(path), path);
    if (fs::exists(path / "pytorch_model.bin")) return withCard(inspectTorchFile(path / "pytorch_model.bin"), path);
    if (endsWith(".pth") || endsWith(".pt") || endsWith(".ckpt") || name == "pytorch_model.bin") return withCard(inspectTorchFile(path), path);
    if (readingInput([&] { return holdsGraphs(path); })) return inspectGraphs(path, stop);
    if (readingInput([&] { return holdsTexts(path); })) return inspectTexts(path, stop);
    return inspectData(path, stop);
}

void printShort(const json& report) {
    for (const auto& [key, value] : report.items()) {
        if (key == "card") {
            printCard(value);
            continue;
        }
        if (value.is_array() && value.size() > kShownTensors && key == "tensors") {
            fmt::print("tensors: {}, the first of them\n", value.size());
            for (std::size_t i = 0; i < kShownTensors; ++i)
                fmt::print("    {} {} {}\n", value[i]["name"].get<std::string>(), value[i]["shape"].dump(), value[i]["type"].get<std::string>());
        } else if (value.is_array() && (key == "problems" || key == "checkpoints" || key == "notices" || key == "tensors")) {
            fmt::print("{}: {}\n", key, value.size());
            for (std::size_t i = 0; i < std::min(value.size(), kShownProblems); ++i) fmt::print("    {}\n", shown(value[i]));
        } else {
            fmt::print("{}: {}\n", key, shown(value));
        }
    }
}

}  // namespace

void addInspectVerb(CLI::App& app, CommandLine& line) {
    struct Options {
        std::string path;
        bool json = false;
    };
    CLI::App* verb = app.add_subcommand("inspect", "Says what a data set, a checkpoint or a run is, and what is wrong with it");
    auto options = std::make_shared<Options>();
    verb->add_option("path", options->path, "data, .safetensors file or folder, run directory")->required();
    verb->add_flag("--json", options->json, "everything, on stdout");
    verb->footer("Example: maskscope-cli inspect runs/first");
    verb->callback([options, &line] {
        line.action = [options, &line] {
            const json report = inspectAny(options->path, line.stop);
            options->json ? printJson(report) : printShort(report);
            return 0;
        };
    });
}

}  // namespace maskscope::cli
