#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "data/loader.h"
#include "recipes/method.h"
#include "snapshot/session.h"
#include "tensor/device_queue.h"
#include "training/settings.h"
#include "training/step.h"

namespace maskscope {

/// The micro-batches of a run's steps, on the device of its method: views from the loader, and masks drawn for them on the host. While a GPU
/// computes a step, the views of the next one are copied to it. One thread.
class BatchFeed {
public:
    /// @param first  steps done
    BatchFeed(const Method& method, const TrainSettings& settings, std::uint64_t seed, std::shared_ptr<const ViewSource> views, std::int64_t first,
              c10::Device device);

    /// Micro-batches of the next step.
    /// @param signals  that masks may be chosen by
    /// @param times    receives the seconds spent on loading and on masks
    /// @return none once a stop is requested
    std::optional<std::vector<MicroBatch>> next(const Signals& signals, const std::stop_token& stop, TimeSplit& times);
    /// Begins to copy what next() will give, where copies run beside the computing.
    void prepareNext(const std::stop_token& stop, TimeSplit& times);
    /// The micro-batches of any step once more. @param step  steps done before it
    std::vector<MicroBatch> again(std::int64_t step, const Signals& signals) const;

private:
    struct Sent {
        LoadedBatch loaded;
        std::vector<View> views;  // on the device
        QueueMark copied;
    };
    std::optional<std::vector<Sent>> fetch(const std::stop_token& stop, TimeSplit& times);
    Sent send(LoadedBatch loaded) const;
    std::vector<MicroBatch> masked(std::vector<Sent> sent, std::int64_t step, const Signals& signals) const;

    const Method& method_;
    std::uint64_t seed_;
    std::int64_t steps_, accumulate_;
    std::int64_t step_;
    c10::Device device_;
    CopyQueue copies_;
    Loader loader_;
    std::optional<std::vector<Sent>> prepared_;
};

}  // namespace maskscope
