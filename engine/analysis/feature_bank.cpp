#include "analysis/feature_bank.h"

#include <algorithm>
#include <map>

#include <torch/torch.h>

namespace maskscope {
namespace {

constexpr std::size_t kPart = 64;  // samples a forward pass

}  // namespace

LabelledFeatures collectFeatures(InferenceSession& session, const Dataset& dataset, const std::vector<std::int64_t>& samples,
                                 const std::vector<std::int64_t>& labels, const Progress& progress, std::stop_token stop) {
    std::map<std::int64_t, std::int64_t> labelOf;
    for (std::size_t i = 0; i < samples.size(); ++i) labelOf[samples[i]] = labels[i];
    std::vector<at::Tensor> parts;
    std::vector<std::int64_t> kept;
    for (std::size_t first = 0; first < samples.size(); first += kPart) {
        if (stop.stop_requested()) throw StoppedError("stopped while computing features");
        const std::size_t last = std::min(samples.size(), first + kPart);
        const std::vector<std::int64_t> rows(samples.begin() + static_cast<std::ptrdiff_t>(first),
                                             samples.begin() + static_cast<std::ptrdiff_t>(last));
        const View view = session.domain().evaluationView(dataset, rows, stop);
        parts.push_back(session.pooledFeatures(view));
        for (const std::int64_t sample : view.sampleIds) kept.push_back(labelOf.at(sample));
        if (progress) progress(static_cast<std::int64_t>(last), static_cast<std::int64_t>(samples.size()));
    }
    return {parts.empty() ? at::zeros({0, 1}) : at::cat(parts), at::tensor(kept, at::kLong)};
}

}  // namespace maskscope
