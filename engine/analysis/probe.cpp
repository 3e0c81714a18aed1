#include "analysis/probe.h"

#include <algorithm>

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

}  // namespace

double knnAccuracy(const LabelledFeatures& train, const LabelledFeatures& test, std::int64_t classes, std::int64_t k) {
    requireRows(train, "training");
    requireRows(test, "test");
    const at::NoGradGuard noGrad;
    namespace F = torch::nn::functional;
    const at::Tensor bank = F::normalize(train.features, F::NormalizeFuncOptions().dim(1));
    std::vector<at::Tensor> predicted;
    for (std::int64_t first = 0; first < test.features.size(0); first += kPart) {
        const at::Tensor rows = test.features.narrow(0, first, std::min(kPart, test.features.size(0) - first));
        const at::Tensor similarity = at::matmul(F::normalize(rows, F::NormalizeFuncOptions().dim(1)), bank.t());
        const auto [nearest, places] = similarity.topk(std::min(k, bank.size(0)), 1);
        const at::Tensor votes = at::zeros({rows.size(0), classes}, rows.options());
        const at::Tensor labels = train.labels.index_select(0, places.reshape(-1)).view_as(places);
        predicted.push_back(votes.scatter_add(1, labels, (nearest / kTemperature).exp()).argmax(1));
    }
    return accuracyOf(at::cat(predicted), test.labels);
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
