#include "analysis/probe.h"

#include <algorithm>
#include <limits>

#include <torch/torch.h>

#include "core/error.h"
#include "data/dataset.h"

namespace maskscope {
namespace {

constexpr double kTemperature = 0.07;
constexpr double kPenalty = 1e-3;
constexpr int kIterations = 200;
constexpr std::int64_t kPart = 512;  // test rows a matrix product

double accuracyOf(const at::Tensor& predicted, const at::Tensor& labels) { return (predicted == labels).to(at::kDouble).mean().item<double>(); }

void requireRows(const LabelledFeatures& set, const char* what) {
    if (set.features.size(0) == 0) throw DataError(std::string("the ") + what + " set of the probe has no labelled image");
}

at::Tensor unitRows(const at::Tensor& features) {
    return torch::nn::functional::normalize(features, torch::nn::functional::NormalizeFuncOptions().dim(1));
}

/// @param similarity  [Q, S] of each question to each of the samples with a label. @return [Q] classes
at::Tensor vote(const at::Tensor& similarity, const at::Tensor& labels, std::int64_t classes, std::int64_t k) {
    const auto [nearest, places] = similarity.topk(std::min(k, similarity.size(1)), 1);
    const at::Tensor votes = at::zeros({similarity.size(0), classes}, similarity.options());
    return votes.scatter_add(1, labels.index_select(0, places.reshape(-1)).view_as(places), (nearest / kTemperature).exp()).argmax(1);
}

}  // namespace

double knnAccuracy(const LabelledFeatures& train, const LabelledFeatures& test, std::int64_t classes, std::int64_t k) {
    requireRows(train, "training");
    requireRows(test, "test");
    const at::NoGradGuard noGrad;
    const at::Tensor bank = unitRows(train.features);
    std::vector<at::Tensor> predicted;
    for (std::int64_t first = 0; first < test.features.size(0); first += kPart) {
        const at::Tensor rows = test.features.narrow(0, first, std::min(kPart, test.features.size(0) - first));
        predicted.push_back(vote(at::matmul(unitRows(rows), bank.t()), train.labels, classes, k));
    }
    return accuracyOf(at::cat(predicted), test.labels);
}

double knnAccuracyAmong(const LabelledFeatures& set, std::int64_t classes, std::int64_t k) {
    requireRows(set, "only");
    const at::NoGradGuard noGrad;
    const at::Tensor bank = unitRows(set.features);
    std::vector<at::Tensor> predicted;
    for (std::int64_t first = 0; first < bank.size(0); first += kPart) {
        const std::int64_t count = std::min(kPart, bank.size(0) - first);
        at::Tensor similarity = at::matmul(bank.narrow(0, first, count), bank.t());
        similarity.narrow(1, first, count).fill_diagonal_(-std::numeric_limits<float>::infinity());  // nobody votes for itself
        predicted.push_back(vote(similarity, set.labels, classes, std::min(k, bank.size(0) - 1)));
    }
    return accuracyOf(at::cat(predicted), set.labels);
}

double linearProbeAccuracy(const LabelledFeatures& train, const LabelledFeatures& test, std::int64_t classes, std::stop_token stop) {
    requireRows(train, "training");
    requireRows(test, "test");
    const at::Tensor mean = train.features.mean(0), deviation = train.features.std(0, false).clamp_min(1e-6);
    const at::Tensor x = (train.features - mean) / deviation;
    torch::nn::Linear classifier(x.size(1), classes);
    {
        const torch::NoGradGuard noGrad;
        classifier->weight.zero_();
        classifier->bias.zero_();
    }
    torch::optim::LBFGS optimizer(classifier->parameters(), torch::optim::LBFGSOptions(1.0).max_iter(kIterations).line_search_fn("strong_wolfe"));
    optimizer.step([&] {
        if (stop.stop_requested()) throw StoppedError("the probe was stopped");
        optimizer.zero_grad();
        at::Tensor loss = torch::nn::functional::cross_entropy(classifier->forward(x), train.labels) + kPenalty * classifier->weight.square().sum();
        loss.backward();
        return loss;
    });
    const at::NoGradGuard noGrad;
    return accuracyOf(classifier->forward((test.features - mean) / deviation).argmax(1), test.labels);
}

}  // namespace maskscope
