#include "data/loader.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <thread>

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include "data/sample_source.h"

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

View emptyView(const std::string& name, const InputSpec& input, std::int64_t batch) {
    View view;
    view.name = name;
    view.tensors["pixels"] = at::empty({batch, input.channels, input.height, input.width}, at::TensorOptions().dtype(at::kFloat));
    view.augmentation = at::empty({batch, static_cast<std::int64_t>(kAugmentationValues)}, at::TensorOptions().dtype(at::kFloat));
    view.geometry = Geometry::grid(batch, {input.gridRows(), input.gridColumns()});
    view.sampleIds.resize(static_cast<std::size_t>(batch));
    return view;
}

void writeSample(View& view, std::size_t row, const InputWriter& writer, const DecodedImage& image, const AugmentationDraw& draw,
                 std::int64_t sample) {
    writer.write(image, draw, view.tensors.at("pixels").data_ptr<float>() + row * writer.values());
    const auto drawn = augmentationRow(draw, image.width(), image.height());
    std::copy(drawn.begin(), drawn.end(), view.augmentation.data_ptr<float>() + row * kAugmentationValues);
    view.sampleIds[row] = sample;
}

void checkInput(const InputSpec& input) {
    const bool sides = input.channels > 0 && input.height > 0 && input.width > 0 && input.patchHeight > 0 && input.patchWidth > 0;
    if (!sides || input.height % input.patchHeight != 0 || input.width % input.patchWidth != 0)
        throw ShapeError(fmt::format("an input of {} x {} x {} with patches of {} x {}: expected sides above 0 that the patches divide",
                                     input.channels, input.height, input.width, input.patchHeight, input.patchWidth));
}

std::vector<InputWriter> makeWriters(const std::vector<LoaderView>& views) {
    std::vector<InputWriter> writers;
    for (const LoaderView& view : views) {
        checkInput(view.input);
        writers.emplace_back(view.input);
    }
    return writers;
}

}  // namespace

struct Loader::State {
    /// One micro-batch that is made, or the reason why not.
    struct Made {
        LoadedBatch batch;
        std::exception_ptr failure;
    };

    State(std::shared_ptr<const Dataset> data, std::vector<std::int64_t> ids, std::vector<LoaderView> specs, const LoaderOptions& o)
        : dataset(std::move(data)),
          samples(std::move(ids)),
          views(std::move(specs)),
          options(o),
          writers(makeWriters(views)),
          source(*dataset, samples, writers),
          orders(o.seed, static_cast<std::int64_t>(samples.size())),
          microSize(o.microBatch > 0 ? std::min(o.microBatch, o.batch) : o.batch),
          microCount((o.batch + microSize - 1) / microSize) {}

    LoadedBatch make(std::int64_t step, std::int64_t index) const;
    void work(const std::stop_token& stop);
    std::optional<LoadedBatch> take(std::stop_token stop);

    std::shared_ptr<const Dataset> dataset;
    std::vector<std::int64_t> samples;
    std::vector<LoaderView> views;
    LoaderOptions options;
    std::vector<InputWriter> writers;
    SampleSource source;
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
    const std::int64_t first = index * microSize, size = std::min(microSize, options.batch - first);
    const auto count = static_cast<std::int64_t>(samples.size());
    LoadedBatch batch{
        .step = step, .index = index, .count = microCount, .views = {}, .labels = at::empty({size}, at::TensorOptions().dtype(at::kLong))};
    for (const LoaderView& view : views) batch.views.push_back(emptyView(view.name, view.input, size));
    Order order;
    std::int64_t orderEpoch = -1;
    for (std::int64_t row = 0; row < size; ++row) {
        const std::int64_t slot = first + row, place = step * options.batch + slot;
        if (place / count != orderEpoch) order = orders.of(orderEpoch = place / count);
        const auto read = source.read(static_cast<std::size_t>((*order)[static_cast<std::size_t>(place % count)]));
        for (std::size_t v = 0; v < views.size(); ++v) {
            RandomStream random(options.seed, "augment/" + views[v].name, static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(slot));
            const AugmentationDraw draw = views[v].augmentation.draw(random, read.image.width(), read.image.height(), views[v].input);
            writeSample(batch.views[v], static_cast<std::size_t>(row), writers[v], read.image, draw, read.sample);
        }
        batch.labels.data_ptr<std::int64_t>()[row] = dataset->label(read.sample);
    }
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

Loader::Loader(std::shared_ptr<const Dataset> dataset, std::vector<std::int64_t> samples, std::vector<LoaderView> views,
               const LoaderOptions& options) {
    if (samples.empty()) throw DataError(fmt::format("{}: no samples to load, expected at least one", dataset->path()));
    if (options.batch <= 0 || options.queue <= 0 || options.firstStep < 0)
        throw DataError(fmt::format("loader: batch {}, queue {}, first step {}; expected a batch and a queue above 0 and a step from 0",
                                    options.batch, options.queue, options.firstStep));
    state_ = std::make_unique<State>(std::move(dataset), std::move(samples), std::move(views), options);
    for (int i = 0; i < options.threads; ++i)
        state_->workers.emplace_back([state = state_.get()](const std::stop_token& stop) { state->work(stop); });
}

Loader::~Loader() {
    for (std::jthread& worker : state_->workers) worker.request_stop();
}

std::optional<LoadedBatch> Loader::next(std::stop_token stop) { return state_->take(std::move(stop)); }
LoadedBatch Loader::make(std::int64_t step, std::int64_t index) const { return state_->make(step, index); }
std::int64_t Loader::microBatches() const { return state_->microCount; }
std::int64_t Loader::replaced() const { return state_->source.replaced(); }

std::int64_t Loader::stepsAnEpoch() const {
    return (static_cast<std::int64_t>(state_->samples.size()) + state_->options.batch - 1) / state_->options.batch;
}

double Loader::waitedSeconds() const {
    const std::lock_guard lock(state_->mutex);
    return state_->waitedSeconds;
}

View validationBatch(const Dataset& dataset, const std::vector<std::int64_t>& samples, const InputSpec& input, const std::stop_token& stop) {
    checkInput(input);
    const std::vector<InputWriter> writers{InputWriter(input)};
    const SampleSource source(dataset, samples, writers);
    View view = emptyView("main", input, static_cast<std::int64_t>(samples.size()));
    for (std::size_t row = 0; row < samples.size(); ++row) {
        if (stop.stop_requested()) throw StoppedError(fmt::format("{}: stopped while validation images were read", dataset.path()));
        const auto read = source.read(row);
        writeSample(view, row, writers[0], read.image, evaluationDraw(read.image.width(), read.image.height(), input), read.sample);
    }
    return view;
}

View imageBatch(const std::vector<DecodedImage>& images, const InputSpec& input) {
    checkInput(input);
    const InputWriter writer(input);
    View view = emptyView("main", input, static_cast<std::int64_t>(images.size()));
    for (std::size_t row = 0; row < images.size(); ++row)
        writeSample(view, row, writer, images[row], evaluationDraw(images[row].width(), images[row].height(), input), static_cast<std::int64_t>(row));
    return view;
}

at::Tensor labelsOf(const Dataset& dataset, const std::vector<std::int64_t>& samples) {
    at::Tensor labels = at::empty({static_cast<std::int64_t>(samples.size())}, at::TensorOptions().dtype(at::kLong));
    std::transform(samples.begin(), samples.end(), labels.data_ptr<std::int64_t>(), [&](std::int64_t sample) { return dataset.label(sample); });
    return labels;
}

}  // namespace maskscope
