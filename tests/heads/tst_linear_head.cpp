#include "heads/linear_head.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/toml.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

const InputSpec kInput{ImageInput{.channels = 1, .height = 4, .width = 4, .patchHeight = 2, .patchWidth = 2, .mean = {0.5}, .std = {0.5}}};

std::shared_ptr<Head> makeHead(const std::string& settings) {
    auto head = makeHeadRegistry().make(parseToml("kind = 'linear'\n" + settings, "test"), "head", "kind", HeadContext{kInput, 6, 3});
    const torch::NoGradGuard noGrad;
    for (at::Tensor& parameter : head->parameters()) parameter.normal_();
    return head;
}

}  // namespace

class TestLinearHead : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(8); }

    void itIsALinearMap() {
        const auto head = makeHead("");
        const auto parameters = head->named_parameters();
        Features features;
        features.tokens = at::randn({2, 4, 6});
        const at::Tensor expected = at::matmul(features.tokens, parameters["predict.weight"].t()) + parameters["predict.bias"];
        QVERIFY(at::allclose(head->forward(features, nullptr, TokenChoice::All), expected, 1e-5, 1e-6));
        QCOMPARE(parameters.size(), std::size_t(2));
    }
    void aNormMayComeFirst() {
        const double eps = 0.25;
        const auto head = makeHead("norm = true\nnorm_eps = 0.25");
        const auto parameters = head->named_parameters();
        Features features;
        features.tokens = at::randn({2, 4, 6});
        const at::Tensor centred = features.tokens - features.tokens.mean(-1, true);
        const at::Tensor normed = centred / (centred.square().mean(-1, true) + eps).sqrt() * parameters["norm.weight"] + parameters["norm.bias"];
        const at::Tensor expected = at::matmul(normed, parameters["predict.weight"].t()) + parameters["predict.bias"];
        QVERIFY(at::allclose(head->forward(features, nullptr, TokenChoice::All), expected, 1e-5, 1e-5));
    }
};

MASKSCOPE_TEST(TestLinearHead)
#include "tst_linear_head.moc"
