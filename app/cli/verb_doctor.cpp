#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "analysis/run_health.h"
#include "console.h"
#include "verbs.h"

namespace maskscope::cli {
namespace {

const char* nameOf(Verdict verdict) {
    switch (verdict) {
        case Verdict::TooEarly:
            return "too_early";
        case Verdict::Learning:
            return "learning";
        case Verdict::Stalled:
            return "stalled";
        case Verdict::Collapsing:
            return "collapsing";
        case Verdict::Diverged:
            return "diverged";
    }
    return "";
}

const char* nameOf(HealthFinding::Kind kind) {
    return kind == HealthFinding::Kind::Good ? "good" : kind == HealthFinding::Kind::Notice ? "notice" : "trouble";
}

nlohmann::json toJson(const HealthRecord& health) {
    nlohmann::json findings = nlohmann::json::array();
    for (const HealthFinding& finding : health.findings) {
        nlohmann::json evidence = nlohmann::json::array();
        for (const Evidence& item : finding.evidence)
            evidence.push_back(
                {{"name", item.name}, {"value", optionalNumber(item.value)}, {"unit", item.unit}, {"usual", optionalNumber(item.usual)}});
        findings.push_back({{"kind", nameOf(finding.kind)}, {"sentence", finding.sentence}, {"evidence", evidence}});
    }
    return {{"step", health.step},
            {"verdict", nameOf(health.verdict)},
            {"sentence", health.sentence},
            {"findings", findings},
            {"suggested_step", health.suggestedStep ? nlohmann::json(*health.suggestedStep) : nlohmann::json(nullptr)}};
}

void print(const HealthRecord& health, const std::string& run) {
    fmt::print("{}\n", health.sentence);
    for (const HealthFinding& finding : health.findings) {
        fmt::print("  {:<8} {}", nameOf(finding.kind), finding.sentence);
        for (const Evidence& item : finding.evidence) {
            fmt::print("  [{} {:.4g}{}{}", item.name, item.value, item.unit.empty() ? "" : " ", item.unit);
            fmt::print("{}]", item.usual ? fmt::format(", usual {:.4g}", *item.usual) : "");
        }
        fmt::print("\n");
    }
    if (health.suggestedStep) fmt::print("go back with: maskscope-cli fork {} --step {} --out NEW\n", run, *health.suggestedStep);
}

}  // namespace

void addDoctorVerb(CLI::App& app, CommandLine& line) {
    struct Options {
        std::string run;
        bool json = false;
    };
    CLI::App* verb = app.add_subcommand("doctor", "Says how a run goes: whether it learns, stalls, collapses or diverges, and why");
    auto options = std::make_shared<Options>();
    verb->add_option("run", options->run, "run directory, also one that is being written")->required();
    verb->add_flag("--json", options->json, "the verdict with its evidence on stdout");
    verb->footer("Example: maskscope-cli doctor runs/first");
    verb->callback([options, &line] {
        line.action = [options, &line] {
            const HealthRecord health = examineRunFolder(options->run, line.stop);
            if (options->json)
                printJson(toJson(health));
            else
                print(health, options->run);
            return 0;
        };
    });
}

}  // namespace maskscope::cli
