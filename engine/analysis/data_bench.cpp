#include "analysis/data_bench.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "data/domain.h"
#include "data/images/cache.h"
#include "data/images/image_domain.h"
#include "data/loader.h"
#include "data/split.h"

namespace maskscope {
namespace {

constexpr std::int64_t kBatch = 64;
constexpr double kStd = 0.5;

/// What the other programs' loaders do: torchvision's RandomResizedCrop, RandomHorizontalFlip and Normalize as they stand.
std::unique_ptr<DataDomain> domainOf(std::int64_t size, bool scaledDecoding) {
    ImageInput input;
    input.height = input.width = input.patchHeight = input.patchWidth = size;
    input.mean = input.std = {kStd, kStd, kStd};
    Value augment;
    augment.set("crop", "random_resized");
    augment.set("crop_scale", Value::Array{0.08, 1.0});
    augment.set("interpolation", "bilinear");
    augment.set("flip", 0.5);
    augment.set("scaled_decoding", scaledDecoding);
    InputSpec spec;
    spec.form = input;
    return makeDomain(spec, {{.augment = augment}});
}

/// One way to the same views.
class Path {
public:
    Path(const DataDomain& domain, const DataBenchRequest& request, const DomainOptions& options)
        : dataset_(domain.open(request.data, options)), workers_(request.workers) {
        std::vector<std::int64_t> samples = allSamples(*dataset_);
        samples.resize(std::min(samples.size(), static_cast<std::size_t>(request.images)));
        views_ = domain.trainingViews(dataset_, std::move(samples));
        batches_ = (views_->count() + kBatch - 1) / kBatch;
    }

    const Dataset& dataset() const { return *dataset_; }
    std::int64_t images() const { return views_->count(); }
    std::int64_t batches() const { return batches_; }
    at::Tensor pixels(std::int64_t step) const { return Loader(views_, {.batch = kBatch, .threads = 0}).make(step).views.front().pixels(); }

    /// @param unmeasured  epochs before those that count
    double imagesPerSecond(int unmeasured, const std::stop_token& stop) const {
        constexpr double kEnoughSeconds = 1.0;
        constexpr std::int64_t kEnoughEpochs = 3;
        Loader loader(views_, {.batch = kBatch, .threads = workers_});
        std::int64_t measured = 0;
        double seconds = 0;
        for (int epoch = 0; measured < kEnoughEpochs || seconds < kEnoughSeconds; ++epoch) {
            const auto start = std::chrono::steady_clock::now();
            for (std::int64_t batch = 0; batch < batches_; ++batch)
                if (!loader.next(stop)) throw StoppedError("stopped while loading was measured");
            if (epoch < unmeasured) continue;
            seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            ++measured;
        }
        return static_cast<double>(measured * batches_ * kBatch) / seconds;
    }

private:
    std::shared_ptr<const Dataset> dataset_;
    std::shared_ptr<const ViewSource> views_;
    std::int64_t batches_ = 0;
    int workers_;
};

/// Peak signal-to-noise ratio of one way's views against another's, over an epoch.
double psnrDb(const Path& exact, const Path& other, const std::stop_token& stop) {
    double squares = 0, count = 0;
    for (std::int64_t step = 0; step < exact.batches(); ++step) {
        if (stop.stop_requested()) throw StoppedError("stopped while pixels were compared");
        const at::Tensor a = exact.pixels(step), b = other.pixels(step);
        const float *x = a.const_data_ptr<float>(), *y = b.const_data_ptr<float>();
        for (std::int64_t i = 0; i < a.numel(); ++i) squares += std::pow((x[i] - y[i]) * kStd, 2);
        count += static_cast<double>(a.numel());
    }
    return squares > 0 ? 10 * std::log10(count / squares) : std::numeric_limits<double>::infinity();
}

}  // namespace

DataBench runDataBench(const DataBenchRequest& request, std::stop_token stop) {
    const std::unique_ptr<DataDomain> domain = domainOf(request.size, false);
    DataBench result;
    const Path exact(*domain, request, {.cacheMb = 0, .stop = stop});
    result.images = exact.images();
    result.imagesPerSecond = exact.imagesPerSecond(0, stop);
    const Path cached(*domain, request, {.stop = stop});
    if (estimateDecodedBytes(asImages(cached.dataset())) <= availableMemory() / 4) result.cachedImagesPerSecond = cached.imagesPerSecond(1, stop);
    if (request.scaled) {
        const Path scaled(*domainOf(request.size, true), request, {.stop = stop});
        result.scaled = DataBench::Scaled{scaled.imagesPerSecond(0, stop), psnrDb(exact, scaled, stop)};
    }
    return result;
}

}  // namespace maskscope
