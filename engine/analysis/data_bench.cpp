#include "analysis/data_bench.h"

#include <algorithm>
#include <chrono>

#include "data/images/cache.h"
#include "data/images/image_views.h"
#include "data/loader.h"
#include "data/split.h"

namespace maskscope {
namespace {

constexpr std::int64_t kBatch = 64;

ImageInput inputOf(std::int64_t size, int channels) {
    ImageInput input;
    input.channels = channels;
    input.height = input.width = input.patchHeight = input.patchWidth = size;
    input.mean.assign(static_cast<std::size_t>(channels), 0.5);
    input.std = input.mean;
    return input;
}

double imagesPerSecond(const std::shared_ptr<const ImageDataset>& dataset, const DataBenchRequest& request, std::int64_t images,
                       std::stop_token stop) {
    Augmentation::Params augment;
    augment.crop = Augmentation::Crop::RandomResized;
    augment.minScale = 0.08;
    std::vector<std::int64_t> samples = allSamples(*dataset);
    samples.resize(static_cast<std::size_t>(images));
    const auto start = std::chrono::steady_clock::now();
    const std::vector<ImageLook> looks{{"main", inputOf(request.size, 3), Augmentation(augment)}};
    Loader loader(std::make_shared<ImageViews>(dataset, samples, looks), {.batch = kBatch, .threads = request.workers});
    std::int64_t done = 0;
    for (; done < images; done += kBatch)
        if (!loader.next(stop)) break;
    return static_cast<double>(done) / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

DataBench runDataBench(const DataBenchRequest& request, std::stop_token stop) {
    OpenOptions options;
    options.stop = stop;
    const std::shared_ptr<const ImageDataset> dataset = openImages(request.data, options);
    DataBench result;
    result.images = std::min(request.images, dataset->size());
    result.imagesPerSecond = imagesPerSecond(dataset, request, result.images, stop);
    CacheOptions cache;
    cache.threads = request.workers;
    cache.stop = stop;
    const auto cached = cacheDecoded(dataset, cache);
    if (cached->inMemory()) result.cachedImagesPerSecond = imagesPerSecond(cached, request, result.images, stop);
    return result;
}

}  // namespace maskscope
