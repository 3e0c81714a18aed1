#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "training/observer.h"

namespace maskscope::cli {

/// "error: ..." in one line on stderr. @return the status
int reportError(const std::string& message, int status);

/// One JSON object or array in one line on stdout.
void printJson(const nlohmann::json& value);

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
