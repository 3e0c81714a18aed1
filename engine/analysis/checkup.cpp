#include "analysis/checkup.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <torch/torch.h>

#include "analysis/probe.h"
#include "core/error.h"
#include "data/split.h"
#include "training/feature_spread.h"

namespace maskscope {
namespace {

constexpr std::size_t kPart = 32;            // samples between two looks for other questions
constexpr std::int64_t kSpreadSamples = 64;  // as a running session looks at
constexpr std::int64_t kMostNeighbours = 20;

/// The root of their number: among few samples twenty would reach beyond the class, and each sample is missing in its own.
std::int64_t neighboursAmong(std::int64_t samples) {
    return std::clamp<std::int64_t>(std::llround(std::sqrt(static_cast<double>(samples))), 1, kMostNeighbours);
}

std::vector<std::int64_t> withClass(const Dataset& data, std::vector<std::int64_t> samples) {
    std::erase_if(samples, [&](std::int64_t sample) { return data.label(sample) < 0; });
    return samples;
}

}  // namespace

bool goOn(InferenceSession& session, std::int64_t step, CheckupWork& work) {
    if (work.question.data == nullptr) throw UsageError("there are no samples to examine; open a data set");
    const Dataset& data = *work.question.data;
    std::vector<std::int64_t>& samples = work.question.samples;
    if (work.spread.images == 0) {
        if (samples.empty()) samples = allSamples(data);
        work.spread = featureSpread(session.features(session.domain().evaluationView(data, evenlySpread(samples, kSpreadSamples), {}), {}), step);
        samples = data.classNames().size() < 2 ? std::vector<std::int64_t>() : withClass(data, samples);
        return samples.empty();
    }
    const std::size_t end = std::min(samples.size(), work.next + kPart);
    const std::vector<std::int64_t> part(samples.begin() + static_cast<std::ptrdiff_t>(work.next),
                                         samples.begin() + static_cast<std::ptrdiff_t>(end));
    const View view = session.domain().evaluationView(data, part, {});
    work.features.push_back(session.pooledFeatures(view));
    for (const std::int64_t sample : view.sampleIds) work.labels.push_back(data.label(sample));
    work.next = end;
    return end == samples.size();
}

CheckupRecord finish(std::int64_t step, const CheckupWork& work) {
    const Dataset& data = *work.question.data;
    CheckupRecord record{.step = step, .spread = work.spread, .samples = static_cast<std::int64_t>(work.labels.size())};
    record.spread.step = step;
    if (work.labels.size() < 2) {
        record.withoutAccuracy = fmt::format("{}: a probe needs samples of two classes or more, found {}; put each class into a folder of its own",
                                             data.path(), data.classNames().size());
        return record;
    }
    const auto classes = static_cast<std::int64_t>(data.classNames().size());
    const LabelledFeatures set{at::cat(work.features), at::tensor(work.labels, at::kLong)};
    record.neighbourAccuracy = knnAccuracyAmong(set, classes, neighboursAmong(record.samples));
    record.chance = at::bincount(set.labels).max().item<double>() / static_cast<double>(work.labels.size());
    return record;
}

}  // namespace maskscope
