#include <torch/torch.h>

#include <QtTest>

#include <cmath>

#include "core/error.h"
#include "layers/initialization.h"
#include "layers/norm.h"
#include "layers/transformer.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kWidth = 8;
constexpr double kEps = 1e-5;

std::shared_ptr<TransformerBlock> makeBlock(TransformerParams params) {
    params.width = kWidth;
    params.heads = 2;
    params.normEps = kEps;
    const auto block = std::make_shared<TransformerBlock>(params, 0.0);
    block->to(at::kDouble);
    const torch::NoGradGuard noGrad;
    for (at::Tensor& parameter : block->parameters()) parameter.copy_(at::randn_like(parameter).mul(0.5));
    block->eval();
    return block;
}

/// The parts of a block by their formulas, from its parameters; its attention is taken as it is.
class Parts {
public:
    explicit Parts(TransformerBlock& block) : block_(block), p_(block.named_parameters()) {}

    at::Tensor norm(const at::Tensor& x, const std::string& name) const {
        const at::Tensor centred = x - x.mean(-1, true);
        return centred / at::sqrt(centred.square().mean(-1, true) + kEps) * p_[name + ".weight"] + p_[name + ".bias"];
    }
    at::Tensor rms(const at::Tensor& x, const std::string& name) const {
        return x / at::sqrt(x.square().mean(-1, true) + kEps) * p_[name + ".weight"];
    }
    at::Tensor linear(const at::Tensor& x, const std::string& name) const {
        const at::Tensor product = at::matmul(x, p_[name + ".weight"].t());
        return p_.contains(name + ".bias") ? product + p_[name + ".bias"] : product;
    }
    at::Tensor attention(const at::Tensor& x) const {
        for (const auto& child : block_.named_children())
            if (child.key() == "attn") return std::dynamic_pointer_cast<Attention>(child.value())->forward(x, {}, nullptr);
        throw DataError("the block has no attention");
    }
    at::Tensor mlp(const at::Tensor& x) const { return linear(at::gelu(linear(x, "fc1")), "fc2"); }
    at::Tensor operator[](const std::string& name) const { return p_[name]; }

private:
    TransformerBlock& block_;
    torch::OrderedDict<std::string, at::Tensor> p_;
};

bool close(const at::Tensor& a, const at::Tensor& b) { return at::allclose(a, b, 1e-10, 1e-10); }

}  // namespace

class TestBlockForms : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        torch::manual_seed(11);
        x_ = at::randn({2, 5, kWidth}, at::kDouble);
    }

    void normsOfBranchesComeBeforeTheSums() {
        const auto block = makeBlock({.normPlace = NormPlace::Branch});
        const Parts p(*block);
        const at::Tensor attended = x_ + p.norm(p.attention(x_), "norm1");
        QVERIFY(close(block->forward(x_, {}, nullptr), attended + p.norm(p.mlp(attended), "norm2")));
    }
    void layerScaleMultipliesBothBranches() {
        const auto block = makeBlock({.layerScale = 0.1});
        const Parts p(*block);
        const at::Tensor attended = x_ + p["scale1"] * p.attention(p.norm(x_, "norm1")), added = p["scale2"] * p.mlp(p.norm(attended, "norm2"));
        at::Tensor mlp;
        QVERIFY(close(block->forward(x_, {}, nullptr, &mlp), attended + added));
        QVERIFY(close(mlp, added));
    }
    void layerScalesStartAsTheySay() {
        TransformerBlock block({.width = kWidth, .heads = 2, .layerScale = 0.25}, 0.0);
        initializeParameters(block, "normal", 1);
        for (const char* name : {"scale1", "scale2"}) QVERIFY(at::equal(block.named_parameters()[name], at::full({kWidth}, 0.25)));
    }
    void gatedMlpsMultiply() {
        const auto block = makeBlock({.activation = "silu", .mlpWidth = 6, .gatedMlp = true, .mlpNorm = true, .mlpBias = false});
        const Parts p(*block);
        const at::Tensor attended = x_ + p.attention(p.norm(x_, "norm1")), both = p.linear(p.norm(attended, "norm2"), "fc1");
        const at::Tensor gate = both.narrow(-1, 0, 6), value = both.narrow(-1, 6, 6);
        QVERIFY(!block->named_parameters().contains("fc1.bias"));
        QVERIFY(close(block->forward(x_, {}, nullptr), attended + p.linear(p.norm(gate * at::sigmoid(gate) * value, "mlp_norm"), "fc2")));
    }
    void rootMeanSquareNormsHaveNoBias() {
        const auto block = makeBlock({.normKind = "rms"});
        const Parts p(*block);
        const at::Tensor attended = x_ + p.attention(p.rms(x_, "norm1"));
        QVERIFY(!block->named_parameters().contains("norm1.bias"));
        QVERIFY(close(block->forward(x_, {}, nullptr), attended + p.mlp(p.rms(attended, "norm2"))));
    }
    void stacksMayEndWithoutANorm() {
        Transformer stack(TransformerParams{.width = kWidth, .depth = 1, .heads = 2, .finalNorm = false});
        QVERIFY(!stack.named_parameters().contains("norm.weight"));
        QVERIFY(at::equal(stack.normalize(x_), x_));
    }
    void theFirstInputIsKept() {
        Transformer stack(TransformerParams{.width = kWidth, .depth = 2, .heads = 2});
        stack.to(at::kDouble);
        Features features;
        stack.forward(x_, {}, {.layers = true}, features);
        QVERIFY(at::equal(features.embedded, x_));
    }

    void batchNormsUseTheirAverages() {
        Norm norm("batch", kWidth, kEps);
        norm.to(at::kDouble);
        norm.train();
        const std::vector<std::int64_t> rows{0, 1};
        const at::Tensor mean = x_.mean(rows), variance = x_.var(rows, /*unbiased=*/false);
        QVERIFY(close(norm.forward(x_), (x_ - mean) / at::sqrt(variance + kEps)));
        norm.eval();
        const at::Tensor average = 0.1 * mean, spread = 0.9 + 0.1 * x_.var(rows, /*unbiased=*/true);
        QVERIFY(close(norm.forward(x_), (x_ - average) / at::sqrt(spread + kEps)));
    }
    void unknownNormsAreRefused() { QVERIFY_THROWS_EXCEPTION(RecipeError, Norm("group", kWidth, kEps)); }

private:
    at::Tensor x_;
};

MASKSCOPE_TEST(TestBlockForms)
#include "tst_block_forms.moc"
