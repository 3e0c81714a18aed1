#include "layers/attention.h"

#include <torch/torch.h>

#include <QtTest>

#include <cmath>

#include "core/error.h"
#include "layers/activation.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kBatch = 4, kLength = 5, kWidth = 8, kHeads = 2;

std::shared_ptr<Attention> makeAttention(AttentionParams params) {
    params.width = kWidth;
    params.heads = kHeads;
    const auto attention = std::make_shared<Attention>(params);
    attention->to(at::kDouble);
    const torch::NoGradGuard noGrad;
    for (at::Tensor& parameter : attention->parameters()) parameter.copy_(at::randn_like(parameter).mul(0.5));
    attention->eval();
    return attention;
}

at::Tensor tokens() { return at::randn({kBatch, kLength, kWidth}, at::kDouble); }

/// Attention by its formula, one sample, head and query at a time, from the attention's own parameters.
class Plain {
public:
    explicit Plain(const Attention& attention) : p_(attention.named_parameters()) {}

    /// @param score  of (sample, head, query place, key place, query, key)
    template <typename Score>
    at::Tensor operator()(const at::Tensor& x, std::int64_t headWidth, Score score) const {
        const at::Tensor qkv = at::matmul(x, p_["qkv.weight"].t()) + at::cat({bias("query_bias", 0), bias("key_bias", 1), bias("value_bias", 2)});
        const std::int64_t inner = kHeads * headWidth;
        at::Tensor mixed = at::zeros({kBatch, kLength, inner}, at::kDouble);
        for (std::int64_t b = 0; b < kBatch; ++b)
            for (std::int64_t h = 0; h < kHeads; ++h)
                for (std::int64_t i = 0; i < kLength; ++i) {
                    const auto part = [&](std::int64_t which, std::int64_t place) {
                        return qkv[b][place].narrow(0, which * inner + h * headWidth, headWidth);
                    };
                    std::vector<double> weights;
                    double sum = 0.0;
                    for (std::int64_t j = 0; j < kLength; ++j) {
                        weights.push_back(std::exp(score(b, h, i, j, part(0, i), part(1, j))));
                        sum += weights.back();
                    }
                    at::Tensor value = at::zeros({headWidth}, at::kDouble);
                    for (std::int64_t j = 0; j < kLength; ++j) value += weights[static_cast<std::size_t>(j)] / sum * part(2, j);
                    mixed[b][i].narrow(0, h * headWidth, headWidth).copy_(value);
                }
        return at::matmul(mixed, p_["proj.weight"].t()) + (p_.contains("proj.bias") ? p_["proj.bias"] : at::zeros({kWidth}, at::kDouble));
    }

private:
    at::Tensor bias(const std::string& name, std::int64_t which) const {
        const std::int64_t inner = p_["qkv.weight"].size(0) / 3;
        if (p_.contains("qkv.bias")) return p_["qkv.bias"].narrow(0, which * inner, inner);
        return p_.contains(name) ? p_[name] : at::zeros({inner}, at::kDouble);
    }

    torch::OrderedDict<std::string, at::Tensor> p_;
};

double product(const at::Tensor& a, const at::Tensor& b) { return a.dot(b).item<double>(); }

/// Both ways through: with and without probabilities.
bool equals(Attention& attention, const at::Tensor& x, const AttentionContext& context, const at::Tensor& wanted) {
    at::Tensor probabilities;
    const at::Tensor looked = attention.forward(x, context, &probabilities), quick = attention.forward(x, context, nullptr);
    return at::allclose(looked, wanted, 1e-10, 1e-10) && at::allclose(quick, wanted, 1e-10, 1e-10) &&
           at::allclose(probabilities.sum(-1), at::ones({kBatch, kHeads, kLength}, at::kDouble), 1e-10, 1e-10);
}

}  // namespace

class TestAttention : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(7); }

    void keysMayGoWithoutABias() {
        const auto attention = makeAttention({.keyBias = false});
        QVERIFY(!attention->named_parameters().contains("key_bias") && !attention->named_parameters().contains("qkv.bias"));
        const at::Tensor x = tokens();
        const double scale = 1.0 / std::sqrt(static_cast<double>(kWidth / kHeads));
        QVERIFY(equals(*attention, x, {}, Plain(*attention)(x, kWidth / kHeads, [&](auto, auto, auto, auto, const auto& q, const auto& k) {
            return scale * product(q, k);
        })));
    }

    void headsMayHaveAWidthOfTheirOwn() {
        const auto attention = makeAttention({.headWidth = 3, .projectionBias = false, .scale = 0.7});
        const at::Tensor x = tokens();
        QVERIFY(
            equals(*attention, x, {}, Plain(*attention)(x, 3, [](auto, auto, auto, auto, const auto& q, const auto& k) { return 0.7 * product(q, k); })));
    }

    void aBiasIsAddedToTheScores_data() {
        QTest::addColumn<int>("groups");
        QTest::newRow("one for all samples") << 0;
        QTest::newRow("one for each of two windows") << 2;
        QTest::newRow("one for each sample") << 4;
    }
    void aBiasIsAddedToTheScores() {
        QFETCH(int, groups);
        const auto attention = makeAttention({});
        const at::Tensor x = tokens();
        AttentionContext context;
        context.bias = groups == 0 ? at::randn({kHeads, kLength, kLength}, at::kDouble) : at::randn({groups, kHeads, kLength, kLength}, at::kDouble);
        const auto biasOf = [&](std::int64_t b) { return groups == 0 ? context.bias : context.bias[b % groups]; };
        const auto score = [&](std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t j, const at::Tensor& q, const at::Tensor& k) {
            return 0.5 * product(q, k) + biasOf(b)[h][i][j].item<double>();
        };
        QVERIFY(equals(*attention, x, context, Plain(*attention)(x, 4, score)));
    }

    void paddingAndABiasGoTogether() {
        const auto attention = makeAttention({});
        const at::Tensor x = tokens();
        AttentionContext context(at::ones({kBatch, kLength}, at::kBool));
        context.keyReal[1][4] = false;
        context.bias = at::randn({kHeads, kLength, kLength}, at::kDouble);
        const auto score = [&](std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t j, const at::Tensor& q, const at::Tensor& k) {
            return b == 1 && j == 4 ? -1e300 : 0.5 * product(q, k) + context.bias[h][i][j].item<double>();
        };
        QVERIFY(equals(*attention, x, context, Plain(*attention)(x, 4, score)));
    }

    void biasesMustDivideTheBatch() {
        const auto attention = makeAttention({});
        AttentionContext context;
        context.bias = at::zeros({3, kHeads, kLength, kLength}, at::kDouble);
        QVERIFY_THROWS_EXCEPTION(ShapeError, attention->forward(tokens(), context, nullptr));
    }

    /// Scores of turned queries and keys depend on the distance of their places alone: turning by the angles of the query less those
    /// of the key gives the same.
    void rotaryScoresDependOnDistance_data() {
        QTest::addColumn<bool>("interleaved");
        QTest::newRow("halves") << false;
        QTest::newRow("neighbours") << true;
    }
    void rotaryScoresDependOnDistance() {
        QFETCH(bool, interleaved);
        const auto attention = makeAttention({});
        const at::Tensor x = tokens();
        const double frequencies[] = {1.0, 0.1};
        Rotary rotary{.cosine = at::zeros({kLength, 4}, at::kDouble), .sine = at::zeros({kLength, 4}, at::kDouble), .interleaved = interleaved};
        const auto channel = [&](int pair, int side) { return interleaved ? 2 * pair + side : pair + 2 * side; };
        for (std::int64_t place = 0; place < kLength; ++place)
            for (int pair = 0; pair < 2; ++pair)
                for (int side = 0; side < 2; ++side) {
                    rotary.cosine[place][channel(pair, side)] = std::cos(static_cast<double>(place) * frequencies[pair]);
                    rotary.sine[place][channel(pair, side)] = std::sin(static_cast<double>(place) * frequencies[pair]);
                }
        AttentionContext context;
        context.rotary = &rotary;
        const auto score = [&](auto, auto, std::int64_t i, std::int64_t j, const at::Tensor& q, const at::Tensor& k) {
            double sum = 0.0;
            for (int pair = 0; pair < 2; ++pair) {
                const auto at = [&](const at::Tensor& vector, int side) { return vector[channel(pair, side)].item<double>(); };
                const double angle = static_cast<double>(j - i) * frequencies[pair];
                sum += std::cos(angle) * (at(q, 0) * at(k, 0) + at(q, 1) * at(k, 1)) + std::sin(angle) * (at(q, 1) * at(k, 0) - at(q, 0) * at(k, 1));
            }
            return 0.5 * sum;
        };
        QVERIFY(equals(*attention, x, context, Plain(*attention)(x, 4, score)));
    }

    void theFirstTokensDoNotTurn() {
        Rotary rotary{.cosine = at::full({kLength - 1, 4}, -1.0, at::kDouble), .sine = at::zeros({kLength - 1, 4}, at::kDouble), .prefix = 1};
        const at::Tensor x = at::randn({1, kHeads, kLength, 4}, at::kDouble), turned = rotary.turn(x);
        QVERIFY(at::equal(turned.select(2, 0), x.select(2, 0)));
        QVERIFY(at::allclose(turned.narrow(2, 1, kLength - 1), -x.narrow(2, 1, kLength - 1)));
    }

    void cosineAttentionIsClamped_data() {
        QTest::addColumn<double>("logarithm");
        QTest::addColumn<double>("factor");
        QTest::newRow("as learned") << 0.5 << std::exp(0.5);
        QTest::newRow("clamped at 100") << 6.0 << 100.0;
    }
    void cosineAttentionIsClamped() {
        QFETCH(double, logarithm);
        QFETCH(double, factor);
        const auto attention = makeAttention({.keyBias = false, .cosine = true});
        {
            const torch::NoGradGuard noGrad;
            attention->named_parameters()["logit_scale"].fill_(logarithm);
        }
        const at::Tensor x = tokens();
        const auto score = [&](auto, auto, auto, auto, const at::Tensor& q, const at::Tensor& k) {
            return factor * product(q, k) / (q.norm().item<double>() * k.norm().item<double>());
        };
        QVERIFY(equals(*attention, x, {}, Plain(*attention)(x, 4, score)));
    }

    void queriesAndKeysMayBeNormed() {
        const auto attention = makeAttention({.queryKeyNorm = true});
        const auto parameters = attention->named_parameters();
        const auto normed = [&](const at::Tensor& v, const std::string& name) {
            const at::Tensor centred = v - v.mean();
            return centred / at::sqrt(centred.square().mean() + 1e-6) * parameters[name + ".weight"] + parameters[name + ".bias"];
        };
        const at::Tensor x = tokens();
        const auto score = [&](auto, auto, auto, auto, const at::Tensor& q, const at::Tensor& k) {
            return 0.5 * product(normed(q, "query_norm"), normed(k, "key_norm"));
        };
        QVERIFY(equals(*attention, x, {}, Plain(*attention)(x, 4, score)));
    }

    void activationsAreTheirFormulas_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<double>("at");
        QTest::addColumn<double>("wanted");
        const double x = 0.8;
        const auto sigmoid = [](double v) { return 1.0 / (1.0 + std::exp(-v)); };
        QTest::newRow("gelu") << "gelu" << x << x * 0.5 * (1 + std::erf(x / std::sqrt(2.0)));
        QTest::newRow("gelu by tanh") << "gelu_tanh" << x << 0.5 * x * (1 + std::tanh(std::sqrt(2.0 / M_PI) * (x + 0.044715 * x * x * x)));
        QTest::newRow("gelu by a sigmoid") << "quick_gelu" << x << x * sigmoid(1.702 * x);
        QTest::newRow("silu") << "silu" << x << x * sigmoid(x);
        QTest::newRow("mish") << "mish" << x << x * std::tanh(std::log1p(std::exp(x)));
        QTest::newRow("squared relu") << "relu2" << x << x * x;
        QTest::newRow("relu below 0") << "relu" << -x << 0.0;
        QTest::newRow("relu6 above 6") << "relu6" << 7.0 << 6.0;
        QTest::newRow("leaky relu below 0") << "leaky_relu" << -x << -0.01 * x;
        QTest::newRow("none") << "linear" << x << x;
    }
    void activationsAreTheirFormulas() {
        QFETCH(QString, name);
        QFETCH(double, at);
        QFETCH(double, wanted);
        const double got = activate(at::full({1}, at, at::kDouble), name.toStdString()).item<double>();
        QVERIFY2(std::abs(got - wanted) < 1e-12, qPrintable(QString::number(got, 'g', 15)));
    }
    void unknownActivationsAreRefused() {
        QVERIFY_THROWS_EXCEPTION(RecipeError, activate(at::zeros({1}), "geluu"));
        QVERIFY(isActivation("silu") && !isActivation("geluu"));
    }
};

MASKSCOPE_TEST(TestAttention)
#include "tst_attention.moc"
