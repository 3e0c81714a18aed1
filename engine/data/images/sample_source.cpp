#include "data/images/sample_source.h"

#include <fmt/format.h>

namespace maskscope {

DecodedImage SampleSource::readOne(std::int64_t sample) const {
    DecodedImage image = dataset_.read(sample);
    for (const InputWriter& writer : writers_)
        if (!writer.accepts(image.channels()))
            throw DataError(fmt::format("{}/{}: {} channels, which the input cannot take; set input.channels = {}", dataset_.path(),
                                        dataset_.sampleName(sample), image.channels(), image.channels()));
    return image;
}

SampleSource::Read SampleSource::read(std::size_t place) const {
    std::string reason;
    for (std::size_t tried = 0; tried < samples_.size(); ++tried) {
        const std::int64_t sample = samples_[(place + tried) % samples_.size()];
        {
            const std::lock_guard lock(mutex_);
            if (unusable_.contains(sample)) continue;
        }
        try {
            DecodedImage image = readOne(sample);
            if (tried > 0) ++replaced_;
            return {std::move(image), sample};
        } catch (const Error& error) {
            if (reason.empty()) reason = error.what();
            dataset_.report({dataset_.sampleName(sample), error.what()});
            const std::lock_guard lock(mutex_);
            unusable_.insert(sample);
        }
    }
    if (reason.empty()) {
        const std::vector<DataProblem> problems = dataset_.problems();
        reason = problems.empty() ? "no reason is known" : problems.front().reason;
    }
    throw DataError(fmt::format("{}: none of {} samples can be used; the first problem: {}", dataset_.path(), samples_.size(), reason));
}

}  // namespace maskscope
