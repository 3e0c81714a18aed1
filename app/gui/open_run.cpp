#include "app/gui/open_run.h"

#include <algorithm>

namespace maskscope {

void OpenRun::add(const std::vector<StepRecord>& records) {
    if (records.empty()) return;
    if (!steps.empty() && records.front().step <= steps.back().step) cutAfter(records.front().step - 1);
    steps.insert(steps.end(), records.begin(), records.end());
    while (steps.size() > kKeptSteps) steps.pop_front();
    step = records.back().step;
    imagesPerSecond = records.back().imagesPerSecond;
}

void OpenRun::cutAfter(qint64 last) {
    const auto after = [last](const auto& record) { return record.step > last; };
    while (!steps.empty() && after(steps.back())) steps.pop_back();
    std::erase_if(validations, after);
    std::erase_if(spreads, after);
    if (checkup && checkup->step > last) checkup.reset();
    checkedStep = std::min(checkedStep, last);
    std::erase_if(checkpoints, [last](qint64 at) { return at > last; });
}

std::optional<qint64> OpenRun::checkpointAt(qint64 at) const {
    const auto beyond = std::upper_bound(checkpoints.begin(), checkpoints.end(), at);
    return beyond == checkpoints.begin() ? std::nullopt : std::optional(*std::prev(beyond));
}

double OpenRun::secondsPerStep() const {
    constexpr std::size_t kRecent = 50;
    const std::size_t count = std::min(kRecent, steps.size());
    if (count < 2) return 0.0;
    const StepRecord &first = steps[steps.size() - count], &last = steps.back();
    return last.step > first.step ? (last.seconds - first.seconds) / static_cast<double>(last.step - first.step) : 0.0;
}

TimeLane OpenRun::lane() const { return {id, name, style, state, firstStep, step, std::max(lastStep, step), checkpoints, warnings, forkedFrom}; }

}  // namespace maskscope
