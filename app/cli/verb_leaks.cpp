#include <algorithm>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "analysis/leak_record.h"
#include "asked_model.h"
#include "console.h"
#include "core/error.h"
#include "data/split.h"
#include "tensor/device.h"
#include "verbs.h"

namespace maskscope::cli {
namespace {

constexpr std::size_t kSamples = 16;
constexpr std::uint64_t kSeed = 1;
constexpr int kLeaked = 1;

struct LeaksOptions {
    std::string run, model, size, data;
    std::optional<std::int64_t> step;
    bool json = false;
};

int findLeaks(const LeaksOptions& options, const std::stop_token& stop) {
    RunSession opened = openAsked({options.run, options.model, options.step, options.size});
    setUpCompute(opened.description.findings.threads);
    const std::string place = options.data.empty() ? opened.description.request.data.string() : options.data;
    if (place.empty()) throw UsageError("leaks --model needs --data PATH");
    const DataDomain& domain = opened.session->domain();
    const auto data = readingInput([&] { return domain.open(place, {.stop = stop}); });
    std::vector<std::int64_t> samples = allSamples(*data);
    samples.resize(std::min(samples.size(), kSamples));
    const std::vector<LeakFinding> findings = opened.session->findLeaks(domain.evaluationView(*data, samples, {}), kSeed);
    const LeakRecord record = leakRecord(findings, 0);
    if (options.json) {
        nlohmann::json list = nlohmann::json::array();
        for (const LeakFinding& finding : findings)
            list.push_back(
                {{"objective", finding.objective}, {"change", finding.change}, {"permitted", finding.permitted}, {"leaks", finding.leaks()}});
        printJson({{"samples", samples.size()}, {"leaks", record.leaks}, {"objectives", list}});
    } else {
        for (const HealthFinding& finding : record.findings) fmt::print("{}\n", finding.sentence);
    }
    return record.leaks ? kLeaked : 0;
}

}  // namespace

void addLeaksVerb(CLI::App& app, CommandLine& line) {
    CLI::App* verb = app.add_subcommand("leaks", "Changes what masks hide and looks whether predictions move: they must not");
    auto options = std::make_shared<LeaksOptions>();
    auto* run = verb->add_option("run", options->run, "run directory");
    verb->add_option("--step", options->step, "checkpoint of the run; without it the newest")->needs(run);
    auto* model = verb->add_option("--model", options->model, "checkpoint of another program: a folder, or a file of weights")->excludes(run);
    verb->add_option("--size", options->size, "HEIGHTxWIDTH that the model shall see; positions are resized")->needs(model);
    verb->add_option("--data", options->data, "samples to look at; without it those of the run");
    verb->add_flag("--json", options->json, "the findings on stdout");
    verb->footer("Exit status 1: something leaks.\nExample: maskscope-cli leaks runs/first");
    verb->callback([options, &line] {
        line.action = [options, &line] {
            if (options->run.empty() && options->model.empty()) throw UsageError("leaks needs a run directory, or --model PATH");
            return findLeaks(*options, line.stop);
        };
    });
}

}  // namespace maskscope::cli
