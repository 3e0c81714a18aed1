#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "data/dataset.h"
#include "data/view_source.h"
#include "tensor/view.h"

namespace maskscope {

struct LoaderOptions {
    std::uint64_t seed = 0;
    std::int64_t batch = 64;      // samples a step, above 0; more than the data set has is fine, samples then repeat
    std::int64_t microBatch = 0;  // samples a micro-batch; 0: the whole batch
    std::int64_t firstStep = 0;
    int threads = 2;  // 0: next() does the work itself
    int queue = 4;    // micro-batches made in advance, above 0
};

/// A part of a step's batch.
struct LoadedBatch {
    std::int64_t step = 0;
    std::int64_t index = 0, count = 1;  // micro-batch `index` of `count` in this step
    std::vector<View> views;            // as the source makes them, over the same samples
    at::Tensor labels;                  // [B] int64, -1 where a sample has none
};

/// Makes the batches of a training run. What a step holds depends on (seed, step) alone: not on the workers, not on the step
/// that the loader started at, not on micro-batches. Slot g = step * batch + j of the run takes the sample at place g % n of
/// epoch g / n's random order.
class Loader {
public:
    /// @throws DataError if no sample takes part
    Loader(std::shared_ptr<const ViewSource> source, const LoaderOptions& options);
    ~Loader();
    Loader(const Loader&) = delete;
    Loader& operator=(const Loader&) = delete;

    /// The next micro-batch, in order. For one consumer.
    /// @return none once a stop is requested
    /// @throws what a worker met: DataError if no sample can be read
    std::optional<LoadedBatch> next(std::stop_token stop = {});

    /// Any micro-batch, made by the calling thread; what next() gives is the same.
    LoadedBatch make(std::int64_t step, std::int64_t index = 0) const;

    /// Micro-batches a step.
    std::int64_t microBatches() const;
    /// Steps until every sample has come once (rounded up).
    std::int64_t stepsAnEpoch() const;
    /// How often a sample had to be replaced so far.
    std::int64_t replaced() const;
    /// Seconds that next() has waited for the workers so far.
    double waitedSeconds() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Labels of samples, [B] int64.
at::Tensor labelsOf(const Dataset& dataset, const std::vector<std::int64_t>& samples);

}  // namespace maskscope
