#include "targets/feature_target.h"

#include <cmath>

#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/error.h"
#include "core/random.h"
#include "core/toml.h"
#include "targets/token_target.h"

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

const InputSpec kText{TextInput{.tokenizer = "bytes", .vocabulary = 261, .length = 8}};
constexpr std::int64_t kWidth = 6;

std::unique_ptr<Target> makeTarget(const std::string& toml, std::int64_t passWidth = kWidth) {
    return makeTargetRegistry().make(parseToml(toml, "test.toml"), "objective.0.target", "kind", TargetContext{kText, passWidth});
}

at::Tensor drawn(const char* purpose, std::int64_t tokens = 4) {
    at::Tensor tensor = at::zeros({2, tokens, kWidth}, at::kDouble);
    RandomStream stream(9, purpose);
    for (std::int64_t i = 0; i < tensor.numel(); ++i) tensor.mutable_data_ptr<double>()[i] = stream.normal() * 3 + 1;
    return tensor;
}

Features featuresOf(std::int64_t prefix = 0) {
    Features features;
    features.tokens = drawn("tokens");
    if (prefix > 0) features.prefix = drawn("prefix", prefix);
    for (const char* layer : {"layer 0", "layer 1", "layer 2"}) features.layers.push_back(drawn(layer, 4 + prefix));
    for (const char* layer : {"mlp 0", "mlp 1", "mlp 2"}) features.mlps.push_back(drawn(layer, 4 + prefix));
    features.geometry = Geometry::sequence(2, 4, {});
    return features;
}

at::Tensor computed(const Target& target, const Features& features) {
    View view;
    view.geometry = features.geometry;
    return target.compute({view, &features});
}

/// (x - mean) / sqrt(var + 1e-5) by the definition. @param values  of one token, or of one channel
void normalize(std::vector<double*>& values) {
    double mean = 0, variance = 0;
    for (const double* value : values) mean += *value / static_cast<double>(values.size());
    for (const double* value : values) variance += (*value - mean) * (*value - mean) / static_cast<double>(values.size());
    for (double* value : values) *value = (*value - mean) / std::sqrt(variance + 1e-5);
}

at::Tensor layerNormed(const at::Tensor& tokens) {
    at::Tensor result = tokens.clone();
    for (std::int64_t row = 0; row < tokens.size(0) * tokens.size(1); ++row) {
        std::vector<double*> values;
        for (std::int64_t d = 0; d < kWidth; ++d) values.push_back(result.mutable_data_ptr<double>() + row * kWidth + d);
        normalize(values);
    }
    return result;
}

at::Tensor instanceNormed(const at::Tensor& tokens, std::int64_t real) {
    at::Tensor result = tokens.clone();
    for (std::int64_t b = 0; b < tokens.size(0); ++b)
        for (std::int64_t d = 0; d < kWidth; ++d) {
            std::vector<double*> values;
            for (std::int64_t n = 0; n < real; ++n) values.push_back(result.mutable_data_ptr<double>() + (b * tokens.size(1) + n) * kWidth + d);
            normalize(values);
        }
    return result;
}

}  // namespace

class TestFeatureTarget : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theAnswerAloneIsTheAnswer() {
        const Features features = featuresOf();
        const auto target = makeTarget("kind = 'feature'");
        QVERIFY(at::equal(computed(*target, features), features.tokens));
        QCOMPARE(target->width(), kWidth);
        QVERIFY(!target->isCodes() && !target->hasPixels());
    }

    void theTopLayersAreAveraged() {
        const Features features = featuresOf();
        const at::Tensor blocks = computed(*makeTarget("kind = 'feature'\ntop_layers = 2\ntake = 'block'"), features);
        QVERIFY(at::allclose(blocks, features.layers[1].add(features.layers[2]).div(2.0), 1e-12, 1e-12));
        const at::Tensor mlps = computed(*makeTarget("kind = 'feature'\ntop_layers = 3"), features);
        QVERIFY(at::allclose(mlps, features.mlps[0].add(features.mlps[1]).add(features.mlps[2]).div(3.0), 1e-12, 1e-12));
    }

    void layersAreNormalisedBeforeTheMean() {
        const Features features = featuresOf();
        const at::Tensor target = computed(*makeTarget("kind = 'feature'\ntop_layers = 2\nnormalize_layers = 'layer'"), features);
        const at::Tensor expected = layerNormed(features.mlps[1]).add(layerNormed(features.mlps[2])).div(2.0);
        QVERIFY(at::allclose(target, expected, 1e-9, 1e-9));
        const at::Tensor after = computed(*makeTarget("kind = 'feature'\ntop_layers = 2\nnormalize = 'layer'"), features);
        QVERIFY(at::allclose(after, layerNormed(features.mlps[1].add(features.mlps[2]).div(2.0)), 1e-9, 1e-9));
    }

    void instanceNormCountsRealTokensAlone() {
        Features features = featuresOf();
        const auto target = makeTarget("kind = 'feature'\nnormalize = 'instance'");
        QVERIFY(at::allclose(computed(*target, features), instanceNormed(features.tokens, 4), 1e-9, 1e-9));
        features.geometry.valid = at::tensor(std::vector<std::uint8_t>{1, 1, 1, 0, 1, 1, 1, 0}).view({2, 4}).to(at::kBool);
        const at::Tensor padded = computed(*target, features);
        QVERIFY(at::allclose(padded.narrow(1, 0, 3), instanceNormed(features.tokens.narrow(1, 0, 3).contiguous(), 3), 1e-9, 1e-9));
        features.tokens.narrow(1, 3, 1).fill_(1e6);
        QVERIFY(at::equal(computed(*target, features).narrow(1, 0, 3), padded.narrow(1, 0, 3)));
    }

    void classTokensAreLeftOut() {
        const Features with = featuresOf(1);
        const at::Tensor target = computed(*makeTarget("kind = 'feature'\ntop_layers = 1\ntake = 'block'"), with);
        QVERIFY(at::equal(target, with.layers[2].narrow(1, 1, 4)));
    }

    void noGradientPasses() {
        Features features = featuresOf();
        features.tokens.set_requires_grad(true);
        QVERIFY(!computed(*makeTarget("kind = 'feature'\nnormalize = 'layer'"), features).requires_grad());
    }

    void whatThePassDidNotKeepIsRefused() {
        Features features = featuresOf();
        QVERIFY_THROWS_EXCEPTION(ShapeError, computed(*makeTarget("kind = 'feature'\ntop_layers = 4"), features));
        features.dropped = true;
        QVERIFY_THROWS_EXCEPTION(ShapeError, computed(*makeTarget("kind = 'feature'"), features));
        QVERIFY_THROWS_EXCEPTION(RecipeError, makeTarget("kind = 'feature'", 0));
    }

    void tokensAreTheirOwnCodes() {
        const auto target = makeTarget("kind = 'token'", 0);
        View view;
        view.tensors["tokens"] = at::tensor(std::vector<std::int64_t>{1, 100, 2, 0}, at::kLong).view({1, 4});
        QVERIFY(at::equal(target->compute({view}), view.tensor("tokens")));
        QVERIFY(target->isCodes());
        QCOMPARE(target->width(), std::int64_t{261});
        const InputSpec images{ImageInput{}};
        QVERIFY_THROWS_EXCEPTION(RecipeError, TokenTarget({}, TargetContext{images}));
    }
};

MASKSCOPE_TEST(TestFeatureTarget)
#include "tst_feature_target.moc"
