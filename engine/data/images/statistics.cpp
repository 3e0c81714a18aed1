#include "data/images/statistics.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace maskscope {
namespace {

/// Sums over pictures of the mean and the mean square of each channel.
struct Sums {
    std::int64_t pictures = 0;
    std::vector<double> first, second;

    template <typename T>
    void add(const T* pixels, std::size_t values, std::size_t channels) {
        constexpr double kUnit = 1.0 / static_cast<double>(std::numeric_limits<T>::max());
        first.resize(channels);
        second.resize(channels);
        const double share = static_cast<double>(channels) / static_cast<double>(values);
        for (std::size_t c = 0; c < channels; ++c) {
            double sum = 0, squares = 0;
            for (std::size_t i = c; i < values; i += channels) {
                const double value = kUnit * static_cast<double>(pixels[i]);
                sum += value;
                squares += value * value;
            }
            first[c] += sum * share;
            second[c] += squares * share;
        }
        ++pictures;
    }
};

void countClasses(const ImageDataset& dataset, DatasetStatistics& result) {
    for (const std::string& name : dataset.classNames()) result.classes.emplace_back(name, 0);
    for (std::int64_t sample = 0; sample < dataset.size(); ++sample) {
        const std::int64_t label = dataset.label(sample);
        if (label < 0)
            ++result.unlabelled;
        else
            ++result.classes.at(static_cast<std::size_t>(label)).second;
    }
}

void addImage(const DecodedImage& image, DatasetStatistics& result, std::map<int, Sums>& sums) {
    const bool first = result.channels.empty();
    result.minWidth = first ? image.width() : std::min(result.minWidth, image.width());
    result.maxWidth = std::max(result.maxWidth, image.width());
    result.minHeight = first ? image.height() : std::min(result.minHeight, image.height());
    result.maxHeight = std::max(result.maxHeight, image.height());
    ++result.channels[image.channels()];
    ++result.bits[image.bits()];
    const auto channels = static_cast<std::size_t>(image.channels());
    if (image.bits() == 8)
        sums[image.channels()].add(image.pixels8(), image.values(), channels);
    else
        sums[image.channels()].add(image.pixels16(), image.values(), channels);
}

}  // namespace

DatasetStatistics computeStatistics(const ImageDataset& dataset, std::int64_t examine, const Progress& progress, std::stop_token stop) {
    DatasetStatistics result;
    result.count = dataset.size();
    countClasses(dataset, result);
    result.examined = std::min(examine, dataset.size());
    std::map<int, Sums> sums;
    for (std::int64_t i = 0; i < result.examined; ++i) {
        if (stop.stop_requested()) throw StoppedError(fmt::format("{}: stopped while being examined", dataset.path()));
        const std::int64_t sample = i * dataset.size() / result.examined;
        try {
            addImage(dataset.read(sample), result, sums);
        } catch (const Error& error) {
            ++result.unreadable;
            dataset.report({dataset.sampleName(sample), error.what()});
        }
        if (progress) progress(i + 1, result.examined);
    }
    const auto most = std::max_element(sums.begin(), sums.end(), [](const auto& a, const auto& b) { return a.second.pictures < b.second.pictures; });
    if (most == sums.end()) return result;
    const auto pictures = static_cast<double>(most->second.pictures);
    for (std::size_t c = 0; c < most->second.first.size(); ++c) {
        const double mean = most->second.first[c] / pictures;
        result.mean.push_back(mean);
        result.std.push_back(std::sqrt(std::max(0.0, most->second.second[c] / pictures - mean * mean)));
    }
    return result;
}

}  // namespace maskscope
