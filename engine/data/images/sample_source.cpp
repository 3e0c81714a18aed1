#include "data/images/sample_source.h"

#include <fmt/format.h>

namespace maskscope {

PictureWindow SampleSource::readOne(std::int64_t sample, const RegionChooser& choose) const {
    PictureWindow window = dataset_.readRegion(sample, choose);
    for (const InputWriter& writer : writers_)
        if (const int channels = window.image.channels(); !writer.accepts(channels))
            throw DataError(fmt::format("{}/{}: {} channels, which the input cannot take; set input.channels = {}", dataset_.path(),
                                        dataset_.sampleName(sample), channels, channels));
    return window;
}

bool SampleSource::knownUnusable(std::int64_t sample) const {
    if (!someUnusable_) return false;
    const std::lock_guard lock(mutex_);
    return unusable_.contains(sample);
}

SampleSource::Read SampleSource::read(std::size_t place, const RegionChooser& choose) const {
    std::string reason;
    for (std::size_t tried = 0; tried < samples_.size(); ++tried) {
        const std::int64_t sample = samples_[(place + tried) % samples_.size()];
        if (knownUnusable(sample)) continue;
        try {
            PictureWindow window = readOne(sample, choose);
            if (tried > 0) ++replaced_;
            return {std::move(window), sample};
        } catch (const Error& error) {
            if (reason.empty()) reason = error.what();
            dataset_.report({dataset_.sampleName(sample), error.what()});
            const std::lock_guard lock(mutex_);
            unusable_.insert(sample);
            someUnusable_ = true;
        }
    }
    if (reason.empty()) {
        const std::vector<DataProblem> problems = dataset_.problems();
        reason = problems.empty() ? "no reason is known" : problems.front().reason;
    }
    throw DataError(fmt::format("{}: none of {} samples can be used; the first problem: {}", dataset_.path(), samples_.size(), reason));
}

}  // namespace maskscope
