#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "recipes/method.h"

namespace maskscope {

/// The best answer to an objective that never looks at its sample: the mean target, for codes how often each occurs, for a teacher's
/// distributions their mean. What a method must beat to have learned anything. Measured on the targets that it is then compared on, so that no
/// guess about the data flatters the method. One thread.
class TrivialPredictor {
public:
    /// Takes the targets of a part of the samples, as long as all together stay below 256 MiB.
    void add(const ObjectiveResult& result);

    /// The objective's loss for that answer. @param signals  of the run, which losses may read
    /// @return none for losses that have no such answer and where there were no targets
    std::optional<double> loss(const Method& method, const std::string& objective, const Signals& signals) const;

private:
    struct Part {
        at::Tensor target, weight;  // [B, R, T] or [B, R] codes; [B, R] or undefined
        std::int64_t width = 0;     // T of the prediction
        double rows = 0.0;          // that count
    };

    std::vector<Part> parts_;
    std::size_t bytes_ = 0;
};

}  // namespace maskscope
