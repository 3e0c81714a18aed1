#include "layers/transformer.h"

#include <torch/torch.h>

#include <QtTest>

#include "layers/initialization.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kBatch = 2, kLength = 5, kWidth = 8;
constexpr double kEps = 1e-5;

std::shared_ptr<TransformerBlock> makeBlock(bool postNorm) {
    const auto block =
        std::make_shared<TransformerBlock>(TransformerParams{.width = kWidth, .depth = 1, .heads = 2, .normEps = kEps, .normPlace = postNorm ? NormPlace::After : NormPlace::Before}, 0.0);
    initializeParameters(*block, "normal", 1);
    block->to(at::kDouble);
    for (at::Tensor& parameter : block->parameters()) parameter.detach().add_(at::randn_like(parameter), 0.3);
    block->eval();
    return block;
}

/// A block by the formulas of its papers, from single operations on the block's own parameters.
class Reference {
public:
    explicit Reference(const TransformerBlock& block) : parameters_(block.named_parameters()) {}

    at::Tensor norm(const at::Tensor& x, const std::string& name) const {
        const at::Tensor centred = x - x.mean(-1, true);
        return centred / at::sqrt(centred.square().mean(-1, true) + kEps) * parameters_[name + ".weight"] + parameters_[name + ".bias"];
    }
    at::Tensor linear(const at::Tensor& x, const std::string& name) const {
        return at::matmul(x, parameters_[name + ".weight"].t()) + parameters_[name + ".bias"];
    }
    at::Tensor attention(const at::Tensor& x, const at::Tensor& real) const {
        const at::Tensor qkv = linear(x, "attn.qkv");
        std::vector<at::Tensor> heads;
        for (std::int64_t head = 0; head < 2; ++head) {
            const auto part = [&](std::int64_t which) { return qkv.narrow(-1, which * kWidth + head * kWidth / 2, kWidth / 2); };
            at::Tensor scores = at::matmul(part(0), part(1).transpose(1, 2)) / std::sqrt(kWidth / 2.0);
            if (real.defined()) scores = scores.masked_fill(real.logical_not().unsqueeze(1), -1e300);
            const at::Tensor weights = (scores - scores.amax(-1, true)).exp();
            heads.push_back(at::matmul(weights / weights.sum(-1, true), part(2)));
        }
        return linear(at::cat(heads, -1), "attn.proj");
    }
    at::Tensor mlp(const at::Tensor& x) const {
        const at::Tensor hidden = linear(x, "fc1");
        return linear(0.5 * hidden * (1 + at::erf(hidden / std::sqrt(2.0))), "fc2");
    }
    at::Tensor block(const at::Tensor& x, const at::Tensor& real, bool postNorm) const {
        if (postNorm) {
            const at::Tensor attended = norm(x + attention(x, real), "norm1");
            return norm(attended + mlp(attended), "norm2");
        }
        const at::Tensor attended = x + attention(norm(x, "norm1"), real);
        return attended + mlp(norm(attended, "norm2"));
    }

private:
    torch::OrderedDict<std::string, at::Tensor> parameters_;
};

at::Tensor padded() { return at::tensor({1, 1, 1, 1, 1, 1, 1, 1, 0, 0}).view({kBatch, kLength}).to(at::kBool); }

void addForms() {
    QTest::addColumn<bool>("postNorm");
    QTest::newRow("layer norms before") << false;
    QTest::newRow("layer norms after") << true;
}

}  // namespace

class TestTransformer : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(1); }

    void aBlockEqualsItsFormula_data() { addForms(); }
    void aBlockEqualsItsFormula() {
        QFETCH(bool, postNorm);
        const auto block = makeBlock(postNorm);
        const Reference reference(*block);
        const at::Tensor x = at::randn({kBatch, kLength, kWidth}, at::kDouble);
        QVERIFY(at::allclose(block->forward(x, {}, nullptr), reference.block(x, {}, postNorm), 1e-10, 1e-10));
        QVERIFY(at::allclose(block->forward(x, padded(), nullptr), reference.block(x, padded(), postNorm), 1e-10, 1e-10));
        at::Tensor probabilities;
        QVERIFY(at::allclose(block->forward(x, padded(), &probabilities), reference.block(x, padded(), postNorm), 1e-10, 1e-10));
    }

    void theMlpIsKept_data() { addForms(); }
    void theMlpIsKept() {
        QFETCH(bool, postNorm);
        const auto block = makeBlock(postNorm);
        const Reference reference(*block);
        const at::Tensor x = at::randn({kBatch, kLength, kWidth}, at::kDouble);
        at::Tensor mlp;
        block->forward(x, {}, nullptr, &mlp);
        const at::Tensor before = postNorm ? reference.norm(x + reference.attention(x, {}), "norm1")
                                           : reference.norm(x + reference.attention(reference.norm(x, "norm1"), {}), "norm2");
        QVERIFY(at::allclose(mlp, reference.mlp(before), 1e-10, 1e-10));
    }

    void paddingReachesNobody_data() { addForms(); }
    void paddingReachesNobody() {
        QFETCH(bool, postNorm);
        const auto block = makeBlock(postNorm);
        const at::Tensor x = at::randn({kBatch, kLength, kWidth}, at::kDouble);
        at::Tensor other = x.clone();
        other[1].narrow(0, 3, 2).fill_(1e3);
        for (const bool looks : {false, true}) {
            at::Tensor a, b;
            const at::Tensor first = block->forward(x, padded(), looks ? &a : nullptr),
                             second = block->forward(other, padded(), looks ? &b : nullptr);
            QVERIFY(at::equal(first[0], second[0]));
            QVERIFY(at::equal(first[1].narrow(0, 0, 3), second[1].narrow(0, 0, 3)));
            QVERIFY(!at::equal(first[1].narrow(0, 3, 2), second[1].narrow(0, 3, 2)));
            if (looks) QCOMPARE(a[1].narrow(-1, 3, 2).abs().max().item<double>(), 0.0);
        }
    }

    void paddingChangesNothing_data() { addForms(); }
    void paddingChangesNothing() {
        QFETCH(bool, postNorm);
        const auto block = makeBlock(postNorm);
        const at::Tensor x = at::randn({kBatch, kLength, kWidth}, at::kDouble);
        const at::Tensor longer = block->forward(x, padded(), nullptr)[1].narrow(0, 0, 3);
        QVERIFY(at::allclose(longer, block->forward(x.slice(0, 1, 2).slice(1, 0, 3), {}, nullptr)[0], 1e-12, 1e-12));
    }

    void gradientsAgreeWithFiniteDifferences_data() { addForms(); }
    void gradientsAgreeWithFiniteDifferences() {
        QFETCH(bool, postNorm);
        const auto block = makeBlock(postNorm);
        const at::Tensor x = at::randn({kBatch, kLength, kWidth}, at::kDouble), weight = at::randn({kBatch, kLength, kWidth}, at::kDouble);
        const auto value = [&] { return (block->forward(x, padded(), nullptr) * weight).sum(); };
        value().backward();
        for (auto& item : block->named_parameters()) {
            const at::Tensor gradient = item.value().grad().flatten();
            double* values = item.value().mutable_data_ptr<double>();
            const torch::NoGradGuard noGrad;
            for (std::int64_t i = 0; i < gradient.numel(); i += 1 + gradient.numel() / 7) {
                const double before = values[i], h = 1e-5;
                values[i] = before + h;
                const double above = value().item<double>();
                values[i] = before - h;
                const double below = value().item<double>();
                values[i] = before;
                QVERIFY2(std::abs(gradient[i].item<double>() - (above - below) / (2 * h)) < 1e-6, item.key().c_str());
            }
        }
    }

    void postNormStacksHaveNoNormAtTheEnd() {
        Transformer stack(TransformerParams{.width = kWidth, .depth = 2, .heads = 2, .normPlace = NormPlace::After});
        QVERIFY(!stack.named_parameters().contains("norm.weight"));
        const at::Tensor x = at::randn({1, 3, kWidth});
        QVERIFY(at::equal(stack.normalize(x), x));
        Features features;
        const at::Tensor result = stack.forward(x, {}, {.layers = true}, features);
        QCOMPARE(features.layers.size(), std::size_t{2});
        QCOMPARE(features.mlps.size(), std::size_t{2});
        QVERIFY(at::equal(features.layers[1], result));
        QVERIFY(Transformer(TransformerParams{.width = kWidth, .depth = 1, .heads = 2}).named_parameters().contains("norm.weight"));
    }
};

MASKSCOPE_TEST(TestTransformer)
#include "tst_transformer.moc"
