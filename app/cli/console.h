#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/error.h"
#include "training/observer.h"

namespace maskscope::cli {

/// "error: ..." in one line on stderr. @return the status
int reportError(const std::string& message, int status);

/// Checks that an option's text is a whole number of at least 0. @return what is wrong, for CLI11; empty if nothing is
std::string wholeNumberProblem(const std::string& text);

/// One JSON object or array in one line on stdout.
void printJson(const nlohmann::json& value);

/// Runs what reads a file that the user named: one that cannot be read is bad input, not a failure of ours.
/// @throws DataError in place of FileError
template <typename Call>
auto readingInput(Call call) {
    try {
        return call();
    } catch (const FileError& error) {
        throw DataError(error.what());
    }
}

/// null where there is none or it is not finite.
nlohmann::json optionalNumber(const std::optional<double>& value);

/// Shows how a training run is doing: a bar with rate and time left on a terminal, a line now and then elsewhere; all on stderr.
class ConsoleObserver : public TrainingObserver {
public:
    /// @param json  whether validations are also printed as JSON lines on stdout
    explicit ConsoleObserver(bool json);
    ~ConsoleObserver() override;

    /// The range of steps that the bar covers.
    void setRange(std::int64_t first, std::int64_t last);

    void onNotice(const std::string& line) override;
    void onWork(const WorkRecord& work) override;
    void onStep(const StepRecord& step) override;
    void onValidation(const ValidationRecord& validation) override;

private:
    void drawBar(const StepRecord& step);
    void clearBar();

    bool json_, terminal_;
    bool barShown_ = false;
    std::int64_t first_ = 0, last_ = 0;
    std::chrono::steady_clock::time_point start_, lastDrawn_;
    std::string skill_;
};

}  // namespace maskscope::cli
