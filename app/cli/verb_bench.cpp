#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "analysis/data_bench.h"
#include "analysis/step_bench.h"
#include "analysis/watch_bench.h"
#include "console.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "core/version.h"
#include "data/dataset.h"
#include "own_process.h"
#include "tensor/device.h"
#include "verbs.h"

namespace maskscope::cli {
namespace {

struct BenchOptions {
    std::string suite, config = "C3", from, data, out, device = "cpu", precision = "auto", graph = "auto";
    std::int64_t steps = 10, size = 32, images = 6000;
    int workers = 2, threads = 0;
    bool general = false, scaled = false, json = false;
};

double peakMegabytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

nlohmann::json stepReport(const BenchOptions& options, const std::stop_token& stop) {
    const double startMegabytes = peakMegabytes();
    const DeviceChoice device = chooseDevice(options.device);
    const int threads = setUpCompute(options.threads);
    const StepBench result = readingInput([&] {
        return runStepBench({.config = options.config,
                             .steps = options.steps,
                             .from = options.from,
                             .device = device.device,
                             .fast = !options.general,
                             .precision = options.precision,
                             .graph = options.graph},
                            stop);
    });
    if (result.stepSeconds.empty()) throw StoppedError("stopped before a step was measured");
    return {{"config", options.config},
            {"step_seconds", result.stepSeconds},
            {"loss", result.loss},
            {"peak_rss_mb", peakMegabytes()},
            {"start_rss_mb", startMegabytes},
            {"threads", threads},
            {"device", device.device.str()},
            {"path", result.path},
            {"graph_obstacle", result.graphObstacle},
            {"peak_device_mb", static_cast<double>(result.peakDeviceBytes) / (1 << 20)}};
}

void printStep(const nlohmann::json& report) {
    auto sorted = report["step_seconds"].get<std::vector<double>>();
    std::sort(sorted.begin(), sorted.end());
    fmt::print("{}: {:.2f} ms a step (median of {}; {:.2f} to {:.2f}), {} threads on {}, {}, peak {:.0f} MB\n", report["config"].get<std::string>(),
               1e3 * sorted[sorted.size() / 2], sorted.size(), 1e3 * sorted.front(), 1e3 * sorted.back(), report["threads"].get<int>(),
               report["device"].get<std::string>(), report["path"].get<std::string>(), report["peak_rss_mb"].get<double>());
}

nlohmann::json dataReport(const BenchOptions& options, const std::stop_token& stop) {
    setUpCompute(options.threads);
    const DataBenchRequest request{
        .data = options.data, .size = options.size, .images = options.images, .workers = options.workers, .scaled = options.scaled};
    const DataBench result = readingInput([&] { return runDataBench(request, stop); });
    nlohmann::json report{{"images_per_second", result.imagesPerSecond},
                          {"images", result.images},
                          {"size", options.size},
                          {"workers", options.workers},
                          {"cached_images_per_second", result.cachedImagesPerSecond}};
    if (result.scaled) {
        report["scaled_images_per_second"] = result.scaled->imagesPerSecond;
        report["scaled_psnr_db"] = optionalNumber(result.scaled->psnrDb);  // null: no pixel differs
    }
    return report;
}

void printData(const nlohmann::json& report) {
    fmt::print("{:.0f} images/s decoded and augmented at {} pixels, {:.0f} from the decoded cache ({} images, {} workers)\n",
               report["images_per_second"].get<double>(), report["size"].get<std::int64_t>(), report["cached_images_per_second"].get<double>(),
               report["images"].get<std::int64_t>(), report["workers"].get<int>());
    if (!report.contains("scaled_images_per_second")) return;
    const nlohmann::json& psnr = report["scaled_psnr_db"];
    fmt::print("{:.0f} images/s with scaled decoding, {}\n", report["scaled_images_per_second"].get<double>(),
               psnr.is_null() ? "not a pixel other than the exact ones" : fmt::format("{:.1f} dB from the exact pixels", psnr.get<double>()));
}

nlohmann::json quantiles(std::vector<double> values) {
    if (values.empty()) return nullptr;
    std::sort(values.begin(), values.end());
    const auto at = [&](double share) { return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))]; };
    return {{"median", at(0.5)}, {"p90", at(0.9)}, {"max", values.back()}, {"count", values.size()}};
}

nlohmann::json stepCosts(const std::vector<StepCost>& segments) {
    nlohmann::json list = nlohmann::json::array();
    for (const StepCost& segment : segments) list.push_back({{"seconds", segment.seconds}, {"cpu_seconds", segment.cpuSeconds}});
    return list;
}

nlohmann::json watchReport(const BenchOptions& options, const std::stop_token& stop) {
    WatchBenchRequest request;
    request.data = options.data;
    request.segments = options.steps;
    const WatchBench result = runWatchBench(request, stop);
    return {{"alone", stepCosts(result.alone)},
            {"watched", stepCosts(result.watched)},
            {"asked", stepCosts(result.asked)},
            {"watching_cost", result.cost},
            {"watching_cpu_cost", result.cpuCost},
            {"observing_share", result.observingShare},
            {"observed_every", result.observedEvery},
            {"answer_seconds", quantiles(result.answerSeconds)},
            {"answer_work_seconds", quantiles(result.answerWorkSeconds)}};
}

void printWatch(const nlohmann::json& report) {
    fmt::print("watching costs {:.2f} % of the training speed (mean of {} segments each); a look every {} steps\n",
               100.0 * report["watching_cost"].get<double>(), report["watched"].size(), report["observed_every"].get<std::int64_t>());
    fmt::print("answers while training: {}\n", report["answer_seconds"].dump());
}

using Report = nlohmann::json (*)(const BenchOptions&, const std::stop_token&);

/// One suite, in a process of its own when there are several: its peak of memory is then its own.
struct Suite {
    const char* name;
    bool needsData;
    Report report;
    void (*print)(const nlohmann::json&);
};
constexpr std::array<Suite, 3> kSuites{
    {{"step", false, stepReport, printStep}, {"data", true, dataReport, printData}, {"watch", true, watchReport, printWatch}}};

/// The last JSON line that another bench of this program prints.
nlohmann::json reportOf(const std::vector<std::string>& arguments) {
    const std::string text = outputOfSelf(arguments);
    const std::size_t end = text.find_last_not_of('\n');
    if (end == std::string::npos) throw Error(fmt::format("{}: printed nothing, expected its figures; run it alone", join(arguments, " ")));
    return nlohmann::json::parse(text.substr(text.rfind('\n', end) + 1));
}

int benchAll(const BenchOptions& options, const std::stop_token& stop) {
    const auto count = [](std::int64_t number) { return std::to_string(number); };
    const std::vector<std::string> common{"--threads", count(options.threads), "--json"};
    const auto run = [&](const std::string& suite, std::vector<std::string> arguments) {
        if (stop.stop_requested()) throw StoppedError("stopped between two suites");
        arguments.insert(arguments.begin(), {"bench", "--suite", suite});
        arguments.insert(arguments.end(), common.begin(), common.end());
        if (!options.json) fmt::print(stderr, "{}\n", join(arguments, " "));
        return reportOf(arguments);
    };
    nlohmann::json all{{"version", programVersion()}, {"processor", processorName()}, {"cores", std::thread::hardware_concurrency()}};
    for (const char* config : {"C1", "C2", "C3"})
        all["step"].push_back(run("step", {"--config", config, "--steps", count(options.steps), "--device", options.device}));
    std::vector<std::string> data{"--data",   options.data,          "--size",    count(options.size),
                                  "--images", count(options.images), "--workers", count(options.workers)};
    if (options.scaled) data.emplace_back("--scaled");
    all["data"] = run("data", data);
    all["watch"] = run("watch", {"--data", options.data, "--steps", count(options.steps)});
    if (options.out.empty())
        printJson(all);
    else
        writeFileAtomically(options.out, all.dump(2) + "\n");
    return 0;
}

int bench(const BenchOptions& options, const std::stop_token& stop) {
    const auto* suite = std::find_if(kSuites.begin(), kSuites.end(), [&](const Suite& s) { return options.suite == s.name; });
    if (options.data.empty() && (suite == kSuites.end() || suite->needsData))
        throw UsageError(fmt::format("bench --suite {} needs --data PATH", options.suite));
    if (suite == kSuites.end()) return benchAll(options, stop);
    const nlohmann::json report = suite->report(options, stop);
    options.json ? printJson(report) : suite->print(report);
    return 0;
}

}  // namespace

void addBenchVerb(CLI::App& app, CommandLine& line) {
    CLI::App* verb = app.add_subcommand("bench", "Measures the training step, the data path as training uses it, what watching costs, or all three");
    auto options = std::make_shared<BenchOptions>();
    verb->add_option("--suite", options->suite, "step, data, watch or all")->required()->check(CLI::IsMember({"step", "data", "watch", "all"}));
    verb->add_option("--config", options->config, "step: C1, C2 or C3; B16 and L16 for GPUs")
        ->check(CLI::IsMember({"C1", "C2", "C3", "B16", "L16"}))
        ->capture_default_str();
    verb->add_option("--steps", options->steps, "step: measured steps, after two to warm up; watch: segments of 5 s of each kind")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    verb->add_option("--from", options->from, "step: folder with model/, inputs.safetensors and losses.json of another program's steps to repeat");
    verb->add_option("--device", options->device, "auto, cpu, cuda or cuda:N")->capture_default_str();
    verb->add_flag("--general", options->general, "step: without the fast path (train.fast = false)");
    verb->add_option("--precision", options->precision, "step: auto (bf16 on a GPU), fp32 or bf16")->check(CLI::IsMember({"auto", "fp32", "bf16"}));
    verb->add_option("--graph", options->graph, "step: train.graph")->check(CLI::IsMember({"auto", "on", "off"}));
    verb->add_option("--threads", options->threads, "compute threads; 0: one a core")->capture_default_str();
    verb->add_option("--data", options->data, "data, watch, all: images, as for train");
    verb->add_option("--size", options->size, "data: side of the crops in pixels")->check(CLI::Range(1, 4096))->capture_default_str();
    verb->add_option("--images", options->images, "data: images to read")->check(CLI::Range(1, 100'000'000))->capture_default_str();
    verb->add_option("--workers", options->workers, "data: threads that decode")->check(CLI::Range(1, 256))->capture_default_str();
    verb->add_flag("--scaled", options->scaled, "data: scaled decoding too, and how far its pixels are from the exact ones");
    verb->add_option("--out", options->out, "all: a file for the report, in place of stdout");
    verb->add_flag("--json", options->json, "the figures on stdout");
    verb->footer("Example: maskscope-cli bench --suite step --config C3 --steps 20 --json");
    verb->callback([options, &line] { line.action = [options, &line] { return bench(*options, line.stop); }; });
}

}  // namespace maskscope::cli
