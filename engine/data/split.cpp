#include "data/split.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "core/random.h"

namespace maskscope {

std::vector<std::int64_t> allSamples(const Dataset& dataset) {
    std::vector<std::int64_t> samples(static_cast<std::size_t>(dataset.size()));
    std::iota(samples.begin(), samples.end(), std::int64_t{0});
    return samples;
}

std::vector<std::int64_t> evenlySpread(const std::vector<std::int64_t>& samples, std::int64_t count) {
    const auto all = static_cast<std::int64_t>(samples.size());
    if (all <= count) return samples;
    std::vector<std::int64_t> chosen;
    for (std::int64_t i = 0; i < count; ++i) chosen.push_back(samples[static_cast<std::size_t>(i * all / count)]);
    return chosen;
}

HoldOut holdOutForValidation(const Dataset& dataset, double share) {
    constexpr std::uint64_t kSeed = 1;
    return holdOut(dataset, share, kSeed);
}

HoldOut holdOut(const Dataset& dataset, double share, std::uint64_t seed) {
    const std::int64_t count = dataset.size();
    if (!(share > 0 && share < 1)) throw DataError(fmt::format("{}: the held-out share is {}, expected 0 < share < 1", dataset.path(), share));
    if (count < 2)
        return {allSamples(dataset), allSamples(dataset),
                fmt::format("{}: one sample trains and measures: the validation loss says nothing about others", dataset.path())};
    std::vector<std::pair<std::uint64_t, std::int64_t>> ranked;
    for (std::int64_t sample = 0; sample < count; ++sample)
        ranked.emplace_back(hashCombine(hashCombine(seed, hashText("hold-out")), hashText(dataset.sampleName(sample))), sample);
    std::sort(ranked.begin(), ranked.end());
    const std::int64_t held = std::clamp<std::int64_t>(std::llround(share * static_cast<double>(count)), 1, count - 1);
    HoldOut result;
    for (std::int64_t i = 0; i < count; ++i) (i < held ? result.validation : result.train).push_back(ranked[static_cast<std::size_t>(i)].second);
    std::sort(result.train.begin(), result.train.end());
    std::sort(result.validation.begin(), result.validation.end());
    return result;
}

}  // namespace maskscope
