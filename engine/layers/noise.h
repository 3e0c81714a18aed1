#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include <ATen/core/Tensor.h>

#include "core/random.h"

namespace maskscope {

/// The source of the noise that layers draw while training (stochastic depth, codes drawn by chance). It belongs to the thread that opens the
/// scope, so that whatever other threads draw cannot change a training run.
class NoiseScope {
public:
    /// The samples `first` to `first + count - 1` of a batch of `total`, which a scope works on alone.
    struct Rows {
        std::int64_t first = 0, count = 1, total = 1;
    };

    /// A scope as it stands: whoever opens another one there draws the same noise again.
    struct Place {
        RandomStream stream;
        Rows rows;
    };

    explicit NoiseScope(const Place& place) : NoiseScope(place.stream, place.rows) {}
    /// Of the thread's scope; none outside any.
    static std::optional<Place> place();

    explicit NoiseScope(RandomStream stream) : NoiseScope(std::move(stream), Rows{}) {}
    /// @param rows  they get the noise that they would have got in the whole batch, where each sample takes an equal share of a draw
    NoiseScope(RandomStream stream, Rows rows);
    ~NoiseScope();
    NoiseScope(const NoiseScope&) = delete;
    NoiseScope& operator=(const NoiseScope&) = delete;

    /// Whether some layer has drawn noise from this scope.
    bool hasDrawn() const { return hasDrawn_; }

    /// @return [count] float on the CPU, 1 with the given probability, else 0
    /// @throws TrainingError outside any scope
    static at::Tensor bernoulli(std::int64_t count, double probability);

    /// @return [count] float on the CPU, above 0 and below 1. @throws TrainingError outside any scope
    static at::Tensor uniform(std::int64_t count);

private:
    /// @param words  random words a value takes
    template <typename Draw>
    static at::Tensor draw(std::int64_t count, std::uint64_t words, const Draw& draw);
    RandomStream stream_;
    Rows rows_;
    bool hasDrawn_ = false;
    NoiseScope* outer_;
};

}  // namespace maskscope
