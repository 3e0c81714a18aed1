#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "recipes/method.h"

namespace maskscope {

/// The best answer to an objective that never looks at its sample: the mean target, or for codes how often each occurs.
/// What a method must beat to have learned anything. Measured on the targets that it is then compared on, so that no
/// guess about the data flatters the method. One thread.
class TrivialPredictor {
public:
    /// Takes the targets of a part of the samples, as long as all together stay below 256 MiB.
    void add(const ObjectiveResult& result);

    /// The objective's loss for that answer. @return none for losses across the batch and where there were no targets
    std::optional<double> loss(const Method& method, const std::string& objective) const;

private:
    struct Part {
        at::Tensor target, weight;  // [B, R, T] or [B, R] codes; [B, R] or undefined
        std::int64_t width = 0;     // T of the prediction
    };
    at::Tensor answer(bool codes) const;

    std::vector<Part> parts_;
    std::size_t bytes_ = 0;
};

}  // namespace maskscope
