#pragma once

#include <functional>
#include <stop_token>
#include <string>

namespace CLI {
class App;
}

namespace maskscope::cli {

/// What every verb is told. The verb that was named on the command line puts its work into `action`.
struct CommandLine {
    std::stop_token stop;         // Ctrl-C
    std::function<int()> action;  // returns the exit status
};

/// Adds a verb with its flags, help and example.
void addRecipesVerb(CLI::App& app, CommandLine& line);
void addComponentsVerb(CLI::App& app, CommandLine& line);
void addTrainVerb(CLI::App& app, CommandLine& line);
void addResumeVerb(CLI::App& app, CommandLine& line);
void addForkVerb(CLI::App& app, CommandLine& line);
void addForecastVerb(CLI::App& app, CommandLine& line);
void addDoctorVerb(CLI::App& app, CommandLine& line);
void addLeaksVerb(CLI::App& app, CommandLine& line);
void addFilmVerb(CLI::App& app, CommandLine& line);
void addMaskVerb(CLI::App& app, CommandLine& line);
void addReconstructVerb(CLI::App& app, CommandLine& line);
void addAttentionVerb(CLI::App& app, CommandLine& line);
void addGenerateVerb(CLI::App& app, CommandLine& line);
void addExportVerb(CLI::App& app, CommandLine& line);
void addForwardVerb(CLI::App& app, CommandLine& line);
void addProbeVerb(CLI::App& app, CommandLine& line);
void addInspectVerb(CLI::App& app, CommandLine& line);
void addBenchVerb(CLI::App& app, CommandLine& line);
void addSampleDataVerb(CLI::App& app, CommandLine& line);

}  // namespace maskscope::cli
