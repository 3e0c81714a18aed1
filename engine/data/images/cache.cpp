#include "data/images/cache.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "core/text.h"

namespace maskscope {
namespace {

class CachedDataset : public ImageDataset {
public:
    CachedDataset(std::shared_ptr<const ImageDataset> source, const CacheOptions& options)
        : ImageDataset(*source), source_(std::move(source)), images_(static_cast<std::size_t>(source_->size())), failures_(images_.size()) {
        decodeAll(options);
    }

    std::int64_t size() const override { return source_->size(); }
    std::string sampleName(std::int64_t sample) const override { return source_->sampleName(sample); }
    std::int64_t label(std::int64_t sample) const override { return source_->label(sample); }
    bool inMemory() const override { return true; }
    std::int64_t decodedBytes(std::int64_t sample) const override {
        return static_cast<std::int64_t>(images_[static_cast<std::size_t>(sample)].bytes());
    }

    DecodedImage read(std::int64_t sample) const override {
        const DecodedImage& image = images_.at(static_cast<std::size_t>(sample));
        if (image.empty()) throw DataError(failures_[static_cast<std::size_t>(sample)]);
        return image;
    }

private:
    void decodeAll(const CacheOptions& options);
    void decodeOne(std::size_t sample);

    std::shared_ptr<const ImageDataset> source_;
    std::vector<DecodedImage> images_;
    std::vector<std::string> failures_;  // one a sample, empty where it decodes
};

void CachedDataset::decodeOne(std::size_t sample) {
    try {
        images_[sample] = source_->read(static_cast<std::int64_t>(sample));
    } catch (const Error& error) {
        failures_[sample] = error.what();
    }
}

void CachedDataset::decodeAll(const CacheOptions& options) {
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;  // guards done, failure and the callback
    std::int64_t done = 0;
    std::exception_ptr failure;
    const auto work = [&] {
        try {
            for (std::size_t sample = next++; sample < images_.size() && !options.stop.stop_requested(); sample = next++) {
                decodeOne(sample);
                const std::lock_guard lock(mutex);
                if (options.progress && (++done % 64 == 0 || done == size())) options.progress(done, size());
            }
        } catch (...) {  // out of memory, or a callback's own
            const std::lock_guard lock(mutex);
            if (!failure) failure = std::current_exception();
            next = images_.size();
        }
    };
    {
        std::vector<std::jthread> workers;
        for (int i = 1; i < options.threads; ++i) workers.emplace_back(work);
        work();
    }
    if (failure) std::rethrow_exception(failure);
    if (options.stop.stop_requested()) throw StoppedError(fmt::format("{}: stopped while being decoded", path()));
    for (std::size_t sample = 0; sample < failures_.size(); ++sample)
        if (!failures_[sample].empty()) report({sampleName(static_cast<std::int64_t>(sample)), failures_[sample]});
}

}  // namespace

double estimateDecodedBytes(const ImageDataset& dataset) {
    constexpr std::int64_t kSamples = 64;
    const std::int64_t count = std::min(dataset.size(), kSamples);
    double bytes = 0;
    std::int64_t known = 0;
    for (std::int64_t i = 0; i < count; ++i)
        if (const std::int64_t one = dataset.decodedBytes(i * dataset.size() / count); one > 0) {
            bytes += static_cast<double>(one);
            ++known;
        }
    return known == 0 ? 0.0 : bytes / static_cast<double>(known) * static_cast<double>(dataset.size());
}

std::shared_ptr<const ImageDataset> cacheDecoded(std::shared_ptr<const ImageDataset> dataset, const CacheOptions& options) {
    if (dataset->inMemory() || dataset->size() == 0) return dataset;
    const double budget = options.budgetMb ? *options.budgetMb * 1024 * 1024 : availableMemory() / 4;
    const double needed = estimateDecodedBytes(*dataset);
    if (needed > budget || budget <= 0) {
        dataset->notify(fmt::format("decoded while it is used: {} would not fit the cache of {}", byteCount(needed), byteCount(budget)));
        return dataset;
    }
    return std::make_shared<const CachedDataset>(std::move(dataset), options);
}

}  // namespace maskscope
