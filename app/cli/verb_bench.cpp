#include <algorithm>
#include <chrono>
#include <filesystem>

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
#include "tensor/device.h"
#include "verbs.h"

namespace maskscope::cli {
namespace {

struct BenchOptions {
    std::string suite, config = "C3", from, data, device = "cpu";
    std::int64_t steps = 10, size = 32, images = 6000;
    int workers = 2, threads = 0;
    bool general = false;
    bool json = false;
};

double peakMegabytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

int benchStep(const BenchOptions& options, const std::stop_token& stop) {
    const double startMegabytes = peakMegabytes();
    const DeviceChoice device = chooseDevice(options.device);
    const int threads = setUpCompute(options.threads);
    const StepBench result = readingInput([&] {
        return runStepBench(
            {.config = options.config, .steps = options.steps, .from = options.from, .device = device.device, .fast = !options.general}, stop);
    });
    if (result.stepSeconds.empty()) return reportError("stopped before a step was measured", 1);
    const nlohmann::json report{{"config", options.config},
                                {"step_seconds", result.stepSeconds},
                                {"loss", result.loss},
                                {"peak_rss_mb", peakMegabytes()},
                                {"start_rss_mb", startMegabytes},
                                {"threads", threads},
                                {"device", device.device.str()},
                                {"path", result.path}};
    if (options.json) {
        printJson(report);
    } else {
        std::vector<double> sorted = result.stepSeconds;
        std::sort(sorted.begin(), sorted.end());
        fmt::print("{}: {:.2f} ms a step (median of {}; {:.2f} to {:.2f}), {} threads on {}, {}, peak {:.0f} MB\n", options.config,
                   1e3 * sorted[sorted.size() / 2], sorted.size(), 1e3 * sorted.front(), 1e3 * sorted.back(), threads, device.device.str(),
                   result.path, peakMegabytes());
    }
    return 0;
}

int benchData(const BenchOptions& options, const std::stop_token& stop) {
    if (options.data.empty()) throw UsageError("bench --suite data needs --data PATH");
    setUpCompute(options.threads);
    const DataBench result = readingInput(
        [&] { return runDataBench({.data = options.data, .size = options.size, .images = options.images, .workers = options.workers}, stop); });
    if (options.json)
        printJson({{"images_per_second", result.imagesPerSecond},
                   {"images", result.images},
                   {"size", options.size},
                   {"workers", options.workers},
                   {"cached_images_per_second", result.cachedImagesPerSecond}});
    else
        fmt::print("{:.0f} images/s decoded and augmented at {} pixels, {:.0f} from the decoded cache ({} images, {} workers)\n",
                   result.imagesPerSecond, options.size, result.cachedImagesPerSecond, result.images, options.workers);
    return 0;
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

int benchWatch(const BenchOptions& options, const std::stop_token& stop) {
    if (options.data.empty()) throw UsageError("bench --suite watch needs --data PATH");
    WatchBenchRequest request;
    request.data = options.data;
    request.segments = options.steps;
    const WatchBench result = runWatchBench(request, stop);
    const nlohmann::json report{{"alone", stepCosts(result.alone)},
                                {"watched", stepCosts(result.watched)},
                                {"asked", stepCosts(result.asked)},
                                {"watching_cost", result.cost},
                                {"watching_cpu_cost", result.cpuCost},
                                {"observing_share", result.observingShare},
                                {"observed_every", result.observedEvery},
                                {"answer_seconds", quantiles(result.answerSeconds)},
                                {"answer_work_seconds", quantiles(result.answerWorkSeconds)}};
    if (options.json) {
        printJson(report);
    } else {
        fmt::print("watching costs {:.2f} % of the training speed (median of {} pairs of segments); a look every {} steps\n", 100.0 * result.cost,
                   result.watched.size(), result.observedEvery);
        fmt::print("answers while training: {}\n", report["answer_seconds"].dump());
    }
    return 0;
}

}  // namespace

void addBenchVerb(CLI::App& app, CommandLine& line) {
    CLI::App* verb = app.add_subcommand("bench", "Measures the training step, the data path as training uses it, or what watching costs");
    auto options = std::make_shared<BenchOptions>();
    verb->add_option("--suite", options->suite, "step, data or watch")->required()->check(CLI::IsMember({"step", "data", "watch"}));
    verb->add_option("--config", options->config, "step: C1, C2 or C3")->check(CLI::IsMember({"C1", "C2", "C3"}))->capture_default_str();
    verb->add_option("--steps", options->steps, "step: measured steps, after two to warm up; watch: segments of 5 s of each kind")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    verb->add_option("--from", options->from, "step: folder with model/, inputs.safetensors and losses.json of another program's steps to repeat");
    verb->add_option("--device", options->device, "auto, cpu, cuda or cuda:N")->capture_default_str();
    verb->add_flag("--general", options->general, "step: without the fast path (train.fast = false)");
    verb->add_option("--threads", options->threads, "compute threads; 0: one a core")->capture_default_str();
    verb->add_option("--data", options->data, "data, watch: images, as for train");
    verb->add_option("--size", options->size, "data: side of the crops in pixels")->check(CLI::Range(1, 4096))->capture_default_str();
    verb->add_option("--images", options->images, "data: images to read")->check(CLI::Range(1, 100'000'000))->capture_default_str();
    verb->add_option("--workers", options->workers, "data: threads that decode")->check(CLI::Range(1, 256))->capture_default_str();
    verb->add_flag("--json", options->json, "the figures on stdout");
    verb->footer("Example: maskscope-cli bench --suite step --config C3 --steps 20 --json");
    verb->callback([options, &line] {
        line.action = [options, &line] {
            if (options->suite == "watch") return benchWatch(*options, line.stop);
            return options->suite == "step" ? benchStep(*options, line.stop) : benchData(*options, line.stop);
        };
    });
}

}  // namespace maskscope::cli
