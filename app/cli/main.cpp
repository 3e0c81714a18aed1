#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "console.h"
#include "core/error.h"
#include "core/text.h"
#include "core/version.h"
#include "data/dataset.h"
#include "interrupt.h"
#include "tensor/device.h"
#include "verbs.h"

namespace maskscope::cli {
namespace {

constexpr int kDone = 0, kFailed = 1, kBadInput = 2;

/// Runs the chosen verb and turns what it throws into one line and an exit status.
int runAction(const CommandLine& line) {
    try {
        return line.action();
    } catch (const UsageError& error) {
        return reportError(error.what(), kBadInput);
    } catch (const RecipeError& error) {
        return reportError(error.what(), kBadInput);
    } catch (const DataError& error) {
        return reportError(error.what(), kBadInput);
    } catch (const ShapeError& error) {
        return reportError(error.what(), kBadInput);
    } catch (const StoppedError& error) {
        return reportError(error.what(), kFailed);
    } catch (const std::bad_alloc&) {
        return reportError("out of memory; choose a smaller batch (--set train.batch=...) or model", kFailed);
    } catch (const c10::Error& error) {
        return reportError(error.what_without_backtrace(), kFailed);
    } catch (const std::exception& error) {
        return reportError(error.what(), kFailed);
    }
}

/// "there is no verb 'trian'; did you mean 'train'?", or empty if the first word is one.
std::string unknownVerb(const CLI::App& app, int argc, char** argv) {
    if (argc < 2 || argv[1][0] == '-') return {};
    std::vector<std::string> verbs;
    for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) verbs.push_back(verb->get_name());
    if (std::find(verbs.begin(), verbs.end(), argv[1]) != verbs.end()) return {};
    const std::string hint = suggestion(argv[1], verbs);
    return fmt::format("there is no verb '{}'{}", argv[1], hint.empty() ? "; there are " + join(verbs) : hint);
}

int parseAndRun(int argc, char** argv) {
    const Interrupt interrupt;
    CommandLine line{.stop = interrupt.token(), .action = {}};
    CLI::App app("Masked modelling without a window: load data, mask, pre-train, reconstruct, look inside.", "maskscope-cli");
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string("maskscope-cli ") + programVersion());
    app.footer("Start:  maskscope-cli train mae --data PHOTOS --out RUN\nEvery verb explains itself: maskscope-cli train --help");
    for (const auto add : {addRecipesVerb, addComponentsVerb, addTrainVerb, addResumeVerb, addForkVerb, addForecastVerb, addDoctorVerb, addLeaksVerb,
                           addFilmVerb, addMaskVerb, addReconstructVerb, addGenerateVerb, addAttentionVerb, addForwardVerb, addExportVerb,
                           addProbeVerb, addInspectVerb, addBenchVerb, addSampleDataVerb})
        add(app, line);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);
        const std::string verb = unknownVerb(app, argc, argv);
        return reportError(verb.empty() ? error.what() + std::string("; see --help") : verb, kBadInput);
    }
    return line.action ? runAction(line) : kDone;
}

}  // namespace
}  // namespace maskscope::cli

int main(int argc, char** argv) {
    maskscope::loadDeviceLibraries();
    return maskscope::cli::parseAndRun(argc, argv);
}
