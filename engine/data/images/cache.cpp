#include "data/images/cache.h"

#include <algorithm>
#include <atomic>
#include <vector>

#include <fmt/format.h>

#include "core/text.h"

namespace maskscope {
namespace {

class CachedDataset : public ImageDataset {
public:
    CachedDataset(std::shared_ptr<const ImageDataset> source, std::int64_t budgetBytes)
        : ImageDataset(*source), source_(std::move(source)), left_(budgetBytes), kept_(static_cast<std::size_t>(source_->size())) {}
    ~CachedDataset() override {
        for (const auto& image : kept_) delete image.load();
    }
    CachedDataset(const CachedDataset&) = delete;
    CachedDataset& operator=(const CachedDataset&) = delete;

    std::int64_t size() const override { return source_->size(); }
    std::string sampleName(std::int64_t sample) const override { return source_->sampleName(sample); }
    std::int64_t label(std::int64_t sample) const override { return source_->label(sample); }
    std::int64_t decodedBytes(std::int64_t sample) const override {
        const DecodedImage* image = kept(sample);
        return image != nullptr ? static_cast<std::int64_t>(image->bytes()) : source_->decodedBytes(sample);
    }

    DecodedImage read(std::int64_t sample) const override {
        if (const DecodedImage* image = kept(sample)) return *image;
        DecodedImage image = source_->read(sample);
        if (!full_) keep(sample, image);
        return image;
    }
    PictureWindow readRegion(std::int64_t sample, const RegionChooser& choose) const override {
        return full_ && kept(sample) == nullptr ? source_->readRegion(sample, choose) : ImageDataset::readRegion(sample, choose);
    }

private:
    const DecodedImage* kept(std::int64_t sample) const { return kept_.at(static_cast<std::size_t>(sample)).load(std::memory_order_acquire); }

    void keep(std::int64_t sample, const DecodedImage& image) const {
        const auto bytes = static_cast<std::int64_t>(image.bytes() + sizeof(DecodedImage));
        if (left_.fetch_sub(bytes) < bytes) {
            left_ += bytes;
            full_ = true;
            return;
        }
        auto copy = std::make_unique<const DecodedImage>(image);
        const DecodedImage* none = nullptr;
        if (kept_[static_cast<std::size_t>(sample)].compare_exchange_strong(none, copy.get(), std::memory_order_acq_rel))
            static_cast<void>(copy.release());
        else
            left_ += bytes;  // another thread was faster
    }

    std::shared_ptr<const ImageDataset> source_;
    mutable std::atomic<std::int64_t> left_;
    mutable std::atomic<bool> full_ = false;
    mutable std::vector<std::atomic<const DecodedImage*>> kept_;  // one a sample; null: not decoded yet
};

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
    if (budget <= 0) return dataset;
    if (const double needed = estimateDecodedBytes(*dataset); needed > budget)
        dataset->notify(fmt::format("about {:.0f} % of the pictures fit the cache of {} decoded; the others are decoded whenever they are used",
                                    100 * budget / needed, byteCount(budget)));
    return std::make_shared<const CachedDataset>(std::move(dataset), static_cast<std::int64_t>(budget));
}

}  // namespace maskscope
