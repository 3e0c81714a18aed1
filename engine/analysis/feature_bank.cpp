#include "analysis/feature_bank.h"

#include <algorithm>

#include <torch/torch.h>

#include "data/loader.h"

namespace maskscope {
namespace {

constexpr std::size_t kPart = 64;  // images a forward pass

}  // namespace

LabelledFeatures collectFeatures(InferenceSession& session, const Dataset& dataset, const std::vector<std::int64_t>& samples,
                                 const std::vector<std::int64_t>& labels, const Progress& progress, std::stop_token stop) {
    std::vector<at::Tensor> parts;
    for (std::size_t first = 0; first < samples.size(); first += kPart) {
        if (stop.stop_requested()) throw StoppedError("stopped while computing features");
        const std::size_t last = std::min(samples.size(), first + kPart);
        const std::vector<std::int64_t> rows(samples.begin() + static_cast<std::ptrdiff_t>(first),
                                             samples.begin() + static_cast<std::ptrdiff_t>(last));
        parts.push_back(session.features(validationBatch(dataset, rows, session.input()), {}).tokens.mean(1));
        if (progress) progress(static_cast<std::int64_t>(last), static_cast<std::int64_t>(samples.size()));
    }
    LabelledFeatures bank;
    bank.features = parts.empty() ? at::zeros({0, 1}) : at::cat(parts);
    bank.labels = at::tensor(labels, at::kLong);
    return bank;
}

}  // namespace maskscope
