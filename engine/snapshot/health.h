#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace maskscope {

enum class Verdict { TooEarly, Learning, Stalled, Collapsing, Diverged };

/// A number that a verdict rests on.
struct Evidence {
    std::string name;             // "Feature rank"
    double value = 0.0;           // may be NaN or infinite
    std::string unit;             // "of 192"; empty: none
    std::optional<double> usual;  // what a healthy run shows
};

/// One reason, in plain words, with the numbers behind it.
struct HealthFinding {
    enum class Kind { Good, Notice, Trouble };
    Kind kind = Kind::Good;
    std::string sentence;  // "The features of all patches grow alike."
    std::vector<Evidence> evidence;
};

/// How training goes, judged after a step.
struct HealthRecord {
    std::int64_t step = 0;
    Verdict verdict = Verdict::TooEarly;
    std::string sentence;  // with its evidence: "Learning: loss 41 % under smooth inpaint, rank 118 of 192."
    std::vector<HealthFinding> findings;
    std::optional<std::int64_t> suggestedStep;  // the checkpoint to go back to; none: nothing to go back for
};

}  // namespace maskscope
