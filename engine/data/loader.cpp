#include "data/loader.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <thread>

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include "core/random.h"

namespace maskscope {
namespace {

using Order = std::shared_ptr<const std::vector<std::int64_t>>;

/// The random order of each epoch; keeps the last few.
class EpochOrders {
public:
    EpochOrders(std::uint64_t seed, std::int64_t count) : seed_(seed), count_(count) {}

    Order of(std::int64_t epoch) const {
        const std::lock_guard lock(mutex_);
        Order& order = orders_[epoch];
        if (!order)
            order = std::make_shared<const std::vector<std::int64_t>>(
                RandomStream(seed_, "order", static_cast<std::uint64_t>(epoch)).permutation(count_));
        const Order result = order;
        while (orders_.size() > 4) orders_.erase(epoch == orders_.begin()->first ? std::prev(orders_.end()) : orders_.begin());
        return result;
    }

private:
    std::uint64_t seed_;
    std::int64_t count_;
    mutable std::mutex mutex_;
    mutable std::map<std::int64_t, Order> orders_;
};

}  // namespace

struct Loader::State {
    /// One micro-batch that is made, or the reason why not.
    struct Made {
        LoadedBatch batch;
        std::exception_ptr failure;
    };

    State(std::shared_ptr<const ViewSource> views, const LoaderOptions& o)
        : source(std::move(views)),
          options(o),
          orders(o.seed, source->count()),
          microSize(o.microBatch > 0 ? std::min(o.microBatch, o.batch) : o.batch),
          microCount((o.batch + microSize - 1) / microSize) {}

    LoadedBatch make(std::int64_t step, std::int64_t index) const;
    void work(const std::stop_token& stop);
    std::optional<LoadedBatch> take(std::stop_token stop);

    std::shared_ptr<const ViewSource> source;
    LoaderOptions options;
    EpochOrders orders;
    std::int64_t microSize, microCount;

    // Tickets count micro-batches from the first step on; all below guarded by `mutex`.
    mutable std::mutex mutex;
    std::condition_variable_any room, ready;
    std::int64_t nextStarted = 0, nextTaken = 0;
    std::map<std::int64_t, Made> made;
    double waitedSeconds = 0;

    std::vector<std::jthread> workers;  // last: they end before the rest goes
};

LoadedBatch Loader::State::make(std::int64_t step, std::int64_t index) const {
    const std::int64_t first = index * microSize, size = std::min(microSize, options.batch - first), count = source->count();
    std::vector<SampleSlot> slots;
    Order order;
    std::int64_t orderEpoch = -1;
    for (std::int64_t slot = first; slot < first + size; ++slot) {
        const std::int64_t place = step * options.batch + slot;
        if (place / count != orderEpoch) order = orders.of(orderEpoch = place / count);
        slots.push_back({static_cast<std::size_t>((*order)[static_cast<std::size_t>(place % count)]), step, slot});
    }
    LoadedBatch batch{.step = step, .index = index, .count = microCount, .views = source->make(options.seed, slots), .labels = {}};
    batch.labels = labelsOf(source->dataset(), batch.views.front().sampleIds);
    return batch;
}

void Loader::State::work(const std::stop_token& stop) {
    while (true) {
        std::int64_t ticket = 0;
        {
            std::unique_lock lock(mutex);
            if (!room.wait(lock, stop, [&] { return nextStarted < nextTaken + options.queue; })) return;
            ticket = nextStarted++;
        }
        Made result;
        try {
            result.batch = make(options.firstStep + ticket / microCount, ticket % microCount);
        } catch (...) {  // handed to the consumer
            result.failure = std::current_exception();
        }
        const std::lock_guard lock(mutex);
        made.emplace(ticket, std::move(result));
        ready.notify_one();
    }
}

std::optional<LoadedBatch> Loader::State::take(std::stop_token stop) {
    std::unique_lock lock(mutex);
    const std::int64_t ticket = nextTaken;
    if (workers.empty()) {
        lock.unlock();
        if (stop.stop_requested()) return std::nullopt;
        LoadedBatch batch = make(options.firstStep + ticket / microCount, ticket % microCount);
        lock.lock();
        ++nextTaken;
        return batch;
    }
    const auto start = std::chrono::steady_clock::now();
    const bool found = ready.wait(lock, stop, [&] { return made.contains(ticket); });
    waitedSeconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (!found || stop.stop_requested()) return std::nullopt;
    Made result = std::move(made.extract(ticket).mapped());
    ++nextTaken;
    room.notify_all();
    if (result.failure) std::rethrow_exception(result.failure);
    return std::move(result.batch);
}

Loader::Loader(std::shared_ptr<const ViewSource> source, const LoaderOptions& options) {
    const std::string& path = source->dataset().path();
    if (source->count() == 0) throw DataError(fmt::format("{}: no samples to load, expected at least one", path));
    if (options.batch <= 0 || options.queue <= 0 || options.firstStep < 0)
        throw DataError(fmt::format("loader: batch {}, queue {}, first step {}; expected a batch and a queue above 0 and a step from 0",
                                    options.batch, options.queue, options.firstStep));
    state_ = std::make_unique<State>(std::move(source), options);
    for (int i = 0; i < options.threads; ++i)
        state_->workers.emplace_back([state = state_.get()](const std::stop_token& stop) { state->work(stop); });
}

Loader::~Loader() {
    for (std::jthread& worker : state_->workers) worker.request_stop();
}

std::optional<LoadedBatch> Loader::next(std::stop_token stop) { return state_->take(std::move(stop)); }
LoadedBatch Loader::make(std::int64_t step, std::int64_t index) const { return state_->make(step, index); }
std::int64_t Loader::microBatches() const { return state_->microCount; }
std::int64_t Loader::replaced() const { return state_->source->replaced(); }

std::int64_t Loader::stepsAnEpoch() const { return (state_->source->count() + state_->options.batch - 1) / state_->options.batch; }

double Loader::waitedSeconds() const {
    const std::lock_guard lock(state_->mutex);
    return state_->waitedSeconds;
}

at::Tensor labelsOf(const Dataset& dataset, const std::vector<std::int64_t>& samples) {
    at::Tensor labels = at::empty({static_cast<std::int64_t>(samples.size())}, at::TensorOptions().dtype(at::kLong));
    std::transform(samples.begin(), samples.end(), labels.data_ptr<std::int64_t>(), [&](std::int64_t sample) { return dataset.label(sample); });
    return labels;
}

}  // namespace maskscope
