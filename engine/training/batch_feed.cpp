#include "training/batch_feed.h"

#include <algorithm>

#include <torch/torch.h>

#include "training/timed.h"

namespace maskscope {

BatchFeed::BatchFeed(const Method& method, const TrainSettings& settings, std::uint64_t seed, std::shared_ptr<const ViewSource> views,
                     std::int64_t first, c10::Device device)
    : method_(method),
      seed_(seed),
      steps_(settings.steps),
      accumulate_(settings.accumulate),
      step_(first),
      device_(device),
      copies_(device),
      loader_(std::move(views), {.seed = seed,
                                 .batch = settings.batch,
                                 .microBatch = settings.batch / settings.accumulate,
                                 .firstStep = first,
                                 .threads = settings.workers}) {}

BatchFeed::Sent BatchFeed::send(LoadedBatch loaded) const {
    Sent sent{.loaded = std::move(loaded), .views = {}, .copied = {}};
    sent.copied = copies_.run([&] {
        for (const View& view : sent.loaded.views) sent.views.push_back(view.to(device_));
    });
    return sent;
}

std::optional<std::vector<BatchFeed::Sent>> BatchFeed::fetch(const std::stop_token& stop, TimeSplit& times) {
    const Timed timed(times.loader);
    std::vector<Sent> fetched;
    for (std::int64_t i = 0; i < accumulate_; ++i) {
        auto loaded = loader_.next(stop);
        if (!loaded) return std::nullopt;
        fetched.push_back(send(std::move(*loaded)));
    }
    return fetched;
}

std::vector<MicroBatch> BatchFeed::masked(std::vector<Sent> sent, std::int64_t step, const Signals& signals) const {
    std::vector<MicroBatch> microBatches;
    const double progress = static_cast<double>(step) / static_cast<double>(std::max<std::int64_t>(steps_, 1));
    std::int64_t slot = 0;
    for (Sent& each : sent) {
        each.copied.precede(device_);
        for (const View& view : each.views)
            for (const at::Tensor& tensor : tensorsOf(view)) copies_.handOver(tensor);
        const auto rows = static_cast<std::int64_t>(each.views.front().sampleIds.size());
        const MaskPlan plan =
            method_.drawMasks(each.loaded.views, method_.lookAhead(each.views, signals), trainingDraw(seed_, step, slot, rows, progress));
        microBatches.push_back({std::move(each.views), plan.to(device_)});
        slot += rows;
    }
    return microBatches;
}

std::optional<std::vector<MicroBatch>> BatchFeed::next(const Signals& signals, const std::stop_token& stop, TimeSplit& times) {
    if (!prepared_) prepared_ = fetch(stop, times);
    if (!prepared_) return std::nullopt;
    const Timed timed(times.masks);
    std::vector<Sent> sent = std::move(*prepared_);
    prepared_.reset();
    return masked(std::move(sent), step_++, signals);
}

void BatchFeed::prepareNext(const std::stop_token& stop, TimeSplit& times) {
    if (copies_.isBeside() && !prepared_) prepared_ = fetch(stop, times);
}

std::vector<MicroBatch> BatchFeed::again(std::int64_t step, const Signals& signals) const {
    std::vector<Sent> sent;
    for (std::int64_t i = 0; i < accumulate_; ++i) sent.push_back(send(loader_.make(step, i)));
    return masked(std::move(sent), step, signals);
}

}  // namespace maskscope
