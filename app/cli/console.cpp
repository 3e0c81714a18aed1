#include "console.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/text.h"

namespace maskscope::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kBarWidth = 24;
constexpr std::chrono::milliseconds kTerminalPeriod{100}, kLogPeriod{10'000};

std::string oneLine(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

}  // namespace

int reportError(const std::string& message, int status) {
    fmt::print(stderr, "error: {}\n", oneLine(message));
    return status;
}

std::string wholeNumberProblem(const std::string& text) {
    constexpr std::size_t kMostDigits = 18;
    const bool whole = !text.empty() && text.size() <= kMostDigits && text.find_first_not_of("0123456789") == std::string::npos;
    return whole ? std::string() : fmt::format("found '{}', expected a whole number of at least 0", text);
}

void printJson(const nlohmann::json& value) {
    // File names need not be UTF-8, JSON must.
    fmt::print("{}\n", value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    std::fflush(stdout);
}

nlohmann::json optionalNumber(const std::optional<double>& value) {
    return value && std::isfinite(*value) ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

ConsoleObserver::ConsoleObserver(bool json) : json_(json), terminal_(isatty(STDERR_FILENO) != 0), start_(Clock::now()) {}

ConsoleObserver::~ConsoleObserver() { clearBar(); }

void ConsoleObserver::setRange(std::int64_t first, std::int64_t last) {
    first_ = first;
    last_ = last;
}

void ConsoleObserver::clearBar() {
    if (barShown_) fmt::print(stderr, "\r\033[K");
    barShown_ = false;
}

void ConsoleObserver::onNotice(const std::string& line) {
    clearBar();
    fmt::print(stderr, "{}\n", oneLine(line));
}

void ConsoleObserver::onWork(const WorkRecord& work) {
    if (!terminal_ || Clock::now() - lastDrawn_ < kTerminalPeriod) return;
    lastDrawn_ = Clock::now();
    barShown_ = true;
    if (work.total > 0)
        fmt::print(stderr, "\r\033[K{}: {} of {}", work.what, work.done, work.total);
    else
        fmt::print(stderr, "\r\033[K{} ...", work.what);
    std::fflush(stderr);
}

void ConsoleObserver::onStep(const StepRecord& step) {
    if (step.step == first_ + 1) start_ = Clock::now();
    const auto period = terminal_ ? Clock::duration(kTerminalPeriod) : Clock::duration(kLogPeriod);
    if (Clock::now() - lastDrawn_ < period && step.step != last_) return;
    lastDrawn_ = Clock::now();
    drawBar(step);
}

void ConsoleObserver::drawBar(const StepRecord& step) {
    const double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
    const auto done = static_cast<double>(step.step - first_), whole = static_cast<double>(std::max<std::int64_t>(1, last_ - first_));
    const double rate = done > 1 ? (done - 1) / std::max(elapsed, 1e-9) : 0.0;
    const std::string left = rate > 0 ? duration((whole - done) / rate) : "?";
    const int filled = static_cast<int>(kBarWidth * done / whole);
    const std::string text = fmt::format("step {}/{}  loss {:.4f}{}  {:.1f} steps/s  {} left", step.step, last_, step.loss, skill_, rate, left);
    if (!terminal_) {
        fmt::print(stderr, "{}\n", text);
        return;
    }
    fmt::print(stderr, "\r\033[K[{:#<{}}{:.<{}}] {}", "", filled, "", kBarWidth - filled, text);
    std::fflush(stderr);
    barShown_ = true;
}

void ConsoleObserver::onValidation(const ValidationRecord& validation) {
    if (validation.skill)
        skill_ = fmt::format("  skill {:.3f}", *validation.skill);
    else if (const auto& trivial = validation.objectives.front().trivial)
        skill_ = fmt::format("  held out {:.4f} (trivial {:.4f})", validation.objectives.front().loss, *trivial);
    if (json_)
        printJson({{"event", "validation"},
                   {"step", validation.step},
                   {"objective", optionalNumber(validation.objective)},
                   {"val_loss", optionalNumber(validation.pixelLoss)},
                   {"skill", optionalNumber(validation.skill)}});
}

}  // namespace maskscope::cli
