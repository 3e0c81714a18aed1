#include "data/images/array_dataset.h"

#include <algorithm>

#include <fmt/format.h>

#include "data/fingerprint.h"
#include "media/decode.h"

namespace maskscope {
namespace {

class ArrayDataset : public ImageDataset {
public:
    explicit ArrayDataset(ImageArray array) : array_(std::make_shared<const ImageArray>(std::move(array))) {
        about_.path = array_->path;
        about_.form = array_->form;
        about_.classNames = array_->classNames;
        about_.fingerprint = computeFingerprint();
        for (const std::string& notice : array_->notices) notify(notice);
    }

    std::int64_t size() const override { return array_->count; }
    std::string sampleName(std::int64_t sample) const override {
        return array_->names.empty() ? std::to_string(sample) : array_->names[static_cast<std::size_t>(sample)];
    }
    std::int64_t label(std::int64_t sample) const override { return array_->labels.empty() ? -1 : array_->labels[static_cast<std::size_t>(sample)]; }
    bool inMemory() const override { return true; }

    std::int64_t decodedBytes(std::int64_t) const override { return imageValues() * (array_->values16.empty() ? 1 : 2); }

    DecodedImage read(std::int64_t sample) const override {
        const auto first = static_cast<std::size_t>(sample * imageValues());
        const int width = static_cast<int>(array_->width), height = static_cast<int>(array_->height), channels = static_cast<int>(array_->channels);
        if (array_->values16.empty()) return {width, height, channels, std::shared_ptr<const std::uint8_t>(array_, array_->values8.data() + first)};
        return {width, height, channels, std::shared_ptr<const std::uint16_t>(array_, array_->values16.data() + first)};
    }

private:
    std::int64_t imageValues() const { return array_->height * array_->width * array_->channels; }

    std::string computeFingerprint() const {
        std::vector<std::string> names;
        const auto bytes = static_cast<std::size_t>(decodedBytes(0));
        for (std::int64_t i = 0; i < array_->count; ++i) names.push_back(fmt::format("{}:{}", i, label(i)));
        const std::vector<std::uint64_t> sizes(names.size(), bytes);
        const char* data =
            array_->values16.empty() ? reinterpret_cast<const char*>(array_->values8.data()) : reinterpret_cast<const char*>(array_->values16.data());
        return fingerprintOf(
            names, sizes, [&](std::size_t i, std::uint64_t limit) { return std::string(data + i * bytes, std::min<std::uint64_t>(bytes, limit)); });
    }

    std::shared_ptr<const ImageArray> array_;
};

void check(const ImageArray& array) {
    if (array.count <= 0 || array.height <= 0 || array.width <= 0 || array.channels <= 0 || array.height * array.width > kMaxImagePixels)
        throw DataError(fmt::format("{}: {} pictures of {} x {} pixels and {} channels, expected at least one of at least 1 x 1", array.path,
                                    array.count, array.height, array.width, array.channels));
    const auto values = static_cast<std::size_t>(array.count * array.height * array.width * array.channels);
    if (std::max(array.values8.size(), array.values16.size()) != values)
        throw DataError(fmt::format("{}: {} values, expected {}; the file is incomplete", array.path,
                                    std::max(array.values8.size(), array.values16.size()), values));
    if (!array.labels.empty() && array.labels.size() != static_cast<std::size_t>(array.count))
        throw DataError(fmt::format("{}: {} labels for {} pictures; give as many labels as pictures", array.path, array.labels.size(), array.count));
}

}  // namespace

std::shared_ptr<ImageDataset> makeArrayDataset(ImageArray array) {
    check(array);
    if (!array.labels.empty()) {
        const auto [low, high] = std::minmax_element(array.labels.begin(), array.labels.end());
        constexpr std::int64_t kMostClasses = 1 << 20;
        if (*low < -1 || *high >= kMostClasses)
            throw DataError(fmt::format("{}: labels from {} to {}, expected 0 to {}", array.path, *low, *high, kMostClasses - 1));
        for (auto label = static_cast<std::int64_t>(array.classNames.size()); label <= *high; ++label)
            array.classNames.push_back(std::to_string(label));
    }
    return std::make_shared<ArrayDataset>(std::move(array));
}

}  // namespace maskscope
