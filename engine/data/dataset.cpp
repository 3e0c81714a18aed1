#include "data/dataset.h"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

namespace maskscope {
namespace {

/// The number behind a word in a file such as /proc/meminfo, or -1.
double numberIn(const char* file, std::string_view word) {
    std::ifstream stream(file);
    std::string token;
    if (word.empty()) {
        double value = -1;
        return stream >> value ? value : -1;
    }
    while (stream >> token)
        if (token == word) {
            double value = -1;
            stream >> value;
            return value;
        }
    return -1;
}

}  // namespace

std::vector<std::string> Dataset::notices() const {
    const std::lock_guard lock(findings_->mutex);
    return findings_->notices;
}

std::vector<DataProblem> Dataset::problems() const {
    const std::lock_guard lock(findings_->mutex);
    return findings_->problems;
}

void Dataset::report(const DataProblem& problem) const {
    const std::lock_guard lock(findings_->mutex);
    std::vector<DataProblem>& problems = findings_->problems;
    if (std::none_of(problems.begin(), problems.end(), [&](const DataProblem& known) { return known.name == problem.name; }))
        problems.push_back(problem);
}

void Dataset::notify(const std::string& notice) const {
    const std::lock_guard lock(findings_->mutex);
    std::vector<std::string>& notices = findings_->notices;
    if (std::find(notices.begin(), notices.end(), notice) == notices.end()) notices.push_back(notice);
}

double availableMemory() {
    double available = numberIn("/proc/meminfo", "MemAvailable:") * 1024;
    if (available <= 0) available = 2.0 * 1024 * 1024 * 1024;
    const double limit = numberIn("/sys/fs/cgroup/memory.max", ""), used = numberIn("/sys/fs/cgroup/memory.current", "");
    if (limit > 0 && used >= 0) {
        // File pages count as used but are given back when needed.
        const double files = std::max(0.0, numberIn("/sys/fs/cgroup/memory.stat", "file"));
        available = std::min(available, std::max(0.0, limit - used + files));
    }
    return available;
}

}  // namespace maskscope
