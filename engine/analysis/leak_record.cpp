#include "analysis/leak_record.h"

#include <algorithm>

#include <fmt/format.h>

namespace maskscope {
namespace {

HealthFinding explained(const LeakFinding& finding) {
    using Kind = HealthFinding::Kind;
    if (finding.change == 0.0) return {Kind::Good, fmt::format("{}: no prediction moved when the hidden values changed", finding.objective), {}};
    const std::string moved = fmt::format("predictions moved by up to {:.3g} when the hidden values changed", finding.change);
    if (finding.leaks()) return {Kind::Trouble, fmt::format("{}: LEAKS: {}", finding.objective, moved), {}};
    return {Kind::Notice, fmt::format("{}: {}: as the method says, {}", finding.objective, moved, finding.permitted), {}};
}

}  // namespace

LeakRecord leakRecord(const std::vector<LeakFinding>& findings, std::int64_t step) {
    LeakRecord record{
        .step = step, .leaks = std::any_of(findings.begin(), findings.end(), [](const LeakFinding& f) { return f.leaks(); }), .findings = {}};
    for (const LeakFinding& finding : findings) record.findings.push_back(explained(finding));
    return record;
}

}  // namespace maskscope
