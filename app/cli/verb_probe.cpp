#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "analysis/feature_bank.h"
#include "analysis/run_session.h"
#include "asked_model.h"
#include "console.h"
#include "core/error.h"
#include "core/text.h"
#include "data/split.h"
#include "tensor/device.h"
#include "verbs.h"

namespace maskscope::cli {
namespace {

struct ProbeOptions {
    std::string run, model, size, data, validation, kind = "knn";
    std::optional<std::int64_t> step;
    std::int64_t k = 20;
    bool json = false;
};

constexpr double kTestShare = 0.2;

/// One half of a probe: samples with their labels in the numbering of the training set.
struct LabelledSamples {
    std::shared_ptr<const Dataset> dataset;
    std::vector<std::int64_t> samples, labels;
};

LabelledSamples labelled(const std::shared_ptr<const Dataset>& dataset, const std::vector<std::int64_t>& samples,
                         const std::vector<std::string>& classes) {
    LabelledSamples result{dataset, {}, {}};
    for (const std::int64_t sample : samples) {
        const std::int64_t label = dataset->label(sample);
        if (label < 0) continue;
        const std::string& name = dataset->classNames()[static_cast<std::size_t>(label)];
        const auto place = std::find(classes.begin(), classes.end(), name);
        if (place == classes.end())
            throw DataError(fmt::format("{}: class '{}' does not occur in the training data, which have {}", dataset->path(), name, join(classes)));
        result.samples.push_back(sample);
        result.labels.push_back(place - classes.begin());
    }
    return result;
}

std::pair<LabelledSamples, LabelledSamples> openBoth(const ProbeOptions& options, const DataDomain& domain, const std::stop_token& stop) {
    const auto open = [&](const std::string& path) { return readingInput([&] { return domain.open(path, {.stop = stop}); }); };
    const auto train = open(options.data);
    const std::vector<std::string>& classes = train->classNames();
    if (classes.size() < 2)
        throw DataError(
            fmt::format("{}: a probe needs two classes or more, found {}; put each class into a folder of its own", options.data, classes.size()));
    if (!options.validation.empty()) {
        const auto test = open(options.validation);
        return {labelled(train, allSamples(*train), classes), labelled(test, allSamples(*test), classes)};
    }
    const HoldOut split = holdOut(*train, kTestShare, 0);
    return {labelled(train, split.train, classes), labelled(train, split.validation, classes)};
}

double accuracy(InferenceSession& session, const ProbeOptions& options, const LabelledSamples& train, const LabelledSamples& test,
                const std::stop_token& stop) {
    const auto classes = static_cast<std::int64_t>(train.dataset->classNames().size());
    const LabelledFeatures bank = collectFeatures(session, *train.dataset, train.samples, train.labels, {}, stop);
    const LabelledFeatures queries = collectFeatures(session, *test.dataset, test.samples, test.labels, {}, stop);
    return options.kind == "knn" ? knnAccuracy(bank, queries, classes, options.k) : linearProbeAccuracy(bank, queries, classes, stop);
}

int probe(const ProbeOptions& options, const std::stop_token& stop) {
    if (options.kind == "finetune") throw UsageError("--kind finetune is not available: needs supervised training; use knn or linear");
    RunSession opened = openAsked({options.run, options.model, options.step, options.size});
    setUpCompute(opened.description.findings.threads);
    const auto [train, test] = openBoth(options, opened.session->domain(), stop);
    const double trained = accuracy(*opened.session, options, train, test, stop);
    const Method untrained(opened.session->spec(), Components(), opened.description.request.seed);
    InferenceSession baseline(opened.session->spec(), untrained.namedState(), opened.session->sharedDomain());
    const double random = accuracy(baseline, options, train, test, stop);
    if (options.json)
        printJson({{"kind", options.kind},
                   {"accuracy", trained},
                   {"random_init_accuracy", random},
                   {"step", options.model.empty() ? nlohmann::json(opened.step) : nlohmann::json()},
                   {"train_images", train.samples.size()},
                   {"test_images", test.samples.size()},
                   {"classes", train.dataset->classNames().size()}});
    else
        fmt::print("{} accuracy {:.1f} % on {} samples; with the weights before training {:.1f} %\n", options.kind, 100 * trained,
                   test.samples.size(), 100 * random);
    return 0;
}

}  // namespace

void addProbeVerb(CLI::App& app, CommandLine& line) {
    CLI::App* verb = app.add_subcommand("probe", "Measures what the features of a run are worth for telling classes apart");
    auto options = std::make_shared<ProbeOptions>();
    auto* run = verb->add_option("run", options->run, "run directory");
    verb->add_option("--step", options->step, "checkpoint of the run; without it the newest")->needs(run);
    auto* model = verb->add_option("--model", options->model, "checkpoint of another program: a folder, or a file of weights")->excludes(run);
    verb->add_option("--size", options->size, "HEIGHTxWIDTH that the model shall see; positions are resized")->needs(model);
    verb->add_option("--data", options->data, "labelled samples to learn from; images and texts: a class a folder")->required();
    verb->add_option("--val", options->validation, "labelled samples to test on; without it a fifth of --data");
    verb->add_option("--kind", options->kind, "knn, linear, or finetune (not available in this version)")
        ->check(CLI::IsMember({"knn", "linear", "finetune"}))
        ->capture_default_str();
    verb->add_option("--k", options->k, "neighbours of knn")->check(CLI::Range(1, 10'000))->capture_default_str();
    verb->add_flag("--json", options->json, "the result on stdout");
    verb->footer("Example: maskscope-cli probe runs/first --data photos/train --val photos/test --kind linear");
    verb->callback([options, run, model, &line] {
        if (run->count() + model->count() == 0) throw CLI::ValidationError("probe", "needs a run directory or --model DIR");
        line.action = [options, &line] { return probe(*options, line.stop); };
    });
}

}  // namespace maskscope::cli
