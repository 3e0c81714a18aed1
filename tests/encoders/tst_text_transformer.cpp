#include "encoders/text_transformer.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/toml.h"
#include "layers/initialization.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

const TextInput kInput{.tokenizer = "bytes", .vocabulary = 261, .length = 10};
const Corruption kToken{.kind = CorruptionKind::Token}, kBert{.kind = CorruptionKind::Token, .randomShare = 0.1, .keepShare = 0.1};

std::shared_ptr<Encoder> makeEncoder(const std::string& settings = "") {
    const Value table = merged(parseToml("kind = \"text_transformer\"\nwidth = 16\ndepth = 2\nheads = 2\n", "test"), parseToml(settings, "test"));
    auto encoder = makeEncoderRegistry().make(table, "encoder", "kind", InputSpec{kInput});
    for (const Corruption& corruption : {kToken, kBert}) encoder->prepare(corruption);
    initializeParameters(*encoder, encoder->initialization(), 1);
    encoder->eval();
    return encoder;
}

/// Two texts, of 8 and of 4 tokens, padded.
View view(std::int64_t length = 8) {
    View made;
    at::Tensor tokens = at::randint(5, 261, {2, length}, at::kLong), valid = at::ones({2, length}, at::kBool);
    tokens[1].narrow(0, 4, length - 4).zero_();
    valid[1].narrow(0, 4, length - 4).fill_(false);
    made.tensors["tokens"] = tokens;
    made.geometry = Geometry::sequence(2, length, valid);
    made.sampleIds = {0, 1};
    return made;
}

MaskPlan planOf(const at::Tensor& hidden, const View& of, const at::Tensor& chance = {}, std::int64_t copies = 1) {
    MaskPlan plan(copies);
    Mask mask;
    mask.hidden = hidden;
    mask.chance = chance;
    plan.add(std::move(mask), of.geometry.valid.repeat_interleave(copies, 0));
    return plan;
}

at::Tensor someHidden() {
    at::Tensor hidden = at::zeros({2, 8});
    for (const auto& [b, n] : {std::pair{0, 2}, {0, 5}, {0, 6}, {1, 1}}) hidden[b][n] = 1;
    return hidden;
}

}  // namespace

class TestTextTransformer : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(3); }

    void paddingNeverReachesRealTokens() {
        const auto encoder = makeEncoder();
        const View one = view();
        View other = one;
        other.tensors["tokens"] = one.tensor("tokens").clone();
        other.tensors["tokens"][1].narrow(0, 4, 4).fill_(77);
        const Features a = encoder->forward(one, MaskPlan(), {}, {.layers = true}), b = encoder->forward(other, MaskPlan(), {}, {.layers = true});
        QVERIFY(at::equal(a.tokens[0], b.tokens[0]));
        QVERIFY(at::equal(a.tokens[1].narrow(0, 0, 4), b.tokens[1].narrow(0, 0, 4)));
        for (std::size_t layer = 0; layer < 2; ++layer) QVERIFY(at::equal(a.layers[layer][1].narrow(0, 0, 4), b.layers[layer][1].narrow(0, 0, 4)));
        QVERIFY(!at::equal(a.tokens[1].narrow(0, 4, 4), b.tokens[1].narrow(0, 4, 4)));
    }

    void theLengthOfPaddingChangesNothing_data() {
        QTest::addColumn<QByteArray>("settings");
        QTest::newRow("BERT") << QByteArray();
        QTest::newRow("RoBERTa") << QByteArray("position_offset = 2\nnorm_eps = 1e-5");
    }
    void theLengthOfPaddingChangesNothing() {
        QFETCH(QByteArray, settings);
        const auto encoder = makeEncoder(settings.toStdString());
        const View longer = view();
        View shorter = longer.rows({1});
        shorter.tensors["tokens"] = longer.tensor("tokens").slice(0, 1, 2).slice(1, 0, 4).clone();
        shorter.geometry = Geometry::sequence(1, 4, at::ones({1, 4}, at::kBool));
        const at::Tensor expected = encoder->forward(shorter, MaskPlan(), {}, {}).tokens[0];
        QVERIFY(at::allclose(encoder->forward(longer, MaskPlan(), {}, {}).tokens[1].narrow(0, 0, 4), expected, 1e-5, 1e-6));
    }

    void hiddenTokensBecomeTheMask() {
        const auto encoder = makeEncoder();
        const View whole = view();
        const at::Tensor hidden = someHidden();
        const Features features = encoder->forward(whole, planOf(hidden, whole), kToken, {});
        QVERIFY(at::equal(features.seen, whole.tensor("tokens").masked_fill(hidden.gt(0.5), kInput.maskToken)));
        // What was there cannot matter.
        View other = whole;
        other.tensors["tokens"] = at::where(hidden.gt(0.5), 99, whole.tensor("tokens"));
        QVERIFY(at::equal(encoder->forward(other, planOf(hidden, whole), kToken, {}).tokens, features.tokens));
    }

    void chancesDecideAmongMaskAnotherTokenAndTheSame() {
        const auto encoder = makeEncoder();
        const View whole = view();
        const at::Tensor hidden = someHidden();
        at::Tensor chance = at::full({2, 8, 2}, 0.05);  // everywhere: keep
        chance[0][2][0] = 0.0999;                       // keep
        chance[0][5][0] = 0.1001;                       // random, the first content token
        chance[0][5][1] = 0.0;
        chance[0][6][0] = 0.1999;  // random, the last one
        chance[0][6][1] = 0.99999994;
        chance[1][1][0] = 0.2001;  // mask
        const at::Tensor seen = encoder->forward(whole, planOf(hidden, whole, chance), kBert, {}).seen;
        at::Tensor expected = whole.tensor("tokens").clone();
        expected[0][5] = kInput.firstContent;
        expected[0][6] = kInput.vocabulary - 1;
        expected[1][1] = kInput.maskToken;
        QVERIFY(at::equal(seen, expected));
    }

    void sharesAreEightyTenTen() {
        constexpr std::int64_t kRows = 3000;
        const View many = view().rows(std::vector<std::int64_t>(kRows, 0));
        at::Tensor hidden = at::ones({kRows, 8});
        hidden.select(1, 0).zero_();
        const at::Tensor seen = makeEncoder()->forward(many, planOf(hidden, many, at::rand({kRows, 8, 2})), kBert, {}).seen;
        std::int64_t masked = 0, same = 0, all = 0;
        std::vector<std::int64_t> others(261, 0);
        for (std::int64_t row = 0; row < kRows; ++row)
            for (std::int64_t n = 1; n < 8; ++n) {
                const auto was = many.tensor("tokens")[row][n].item<std::int64_t>(), is = seen[row][n].item<std::int64_t>();
                ++all;
                masked += is == kInput.maskToken ? 1 : 0;
                same += is == was ? 1 : 0;
                if (is != was) ++others[static_cast<std::size_t>(is)];
            }
        const auto share = [&](std::int64_t count) { return static_cast<double>(count) / static_cast<double>(all); };
        QVERIFY(std::abs(share(masked) - 0.8) < 0.015);
        QVERIFY(std::abs(share(same) - 0.1 - 0.1 / 256) < 0.012);
        for (std::size_t special = 0; special < 5; ++special) QVERIFY(special == 3 || others[special] == 0);
        QVERIFY(std::count_if(others.begin() + 5, others.end(), [](std::int64_t count) { return count > 0; }) > 240);
    }

    void chancesThatAreMissingAreSaid() {
        const View whole = view();
        QVERIFY_THROWS_EXCEPTION(ShapeError, makeEncoder()->forward(whole, planOf(someHidden(), whole), kBert, {}));
    }

    void copiesOfASampleSeeTheirOwnMasks() {
        const auto encoder = makeEncoder();
        const View whole = view();
        at::Tensor hidden = at::zeros({4, 8});
        for (std::int64_t row = 0; row < 4; ++row) hidden[row][row % 2] = 1;
        const Features both = encoder->forward(whole, planOf(hidden, whole, {}, 2), kToken, {});
        QCOMPARE(both.tokens.size(0), std::int64_t{4});
        QCOMPARE(both.geometry.batch, std::int64_t{4});
        const at::Tensor second = hidden.index_select(0, at::tensor({1, 3}, at::kLong));
        const Features alone = encoder->forward(whole, planOf(second, whole), kToken, {});
        QVERIFY(at::allclose(both.tokens[1], alone.tokens[0], 1e-5, 1e-6));
        QVERIFY(at::allclose(both.tokens[3].narrow(0, 0, 4), alone.tokens[1].narrow(0, 0, 4), 1e-5, 1e-6));
    }

    void tappedAttentionIsADistributionOverRealTokens() {
        const View whole = view();
        const auto encoder = makeEncoder();
        const Features features = encoder->forward(whole, MaskPlan(), {}, {.layers = true, .attentions = true});
        QCOMPARE(features.attentions.size(), std::size_t{2});
        QVERIFY(at::allclose(features.attentions[1].sum(-1), at::ones({2, 2, 8})));
        QCOMPARE(features.attentions[1][1].narrow(-1, 4, 4).max().item<float>(), 0.0F);
        QVERIFY(at::allclose(features.tokens, encoder->forward(whole, MaskPlan(), {}, {}).tokens, 1e-5, 1e-6));
        QVERIFY(at::equal(features.layers.back(), features.tokens));  // post-norm: nothing comes after
    }

    void everyParameterGetsAFiniteGradient() {
        const auto encoder = makeEncoder("token_types = 2");
        const View whole = view();
        encoder->train();
        (encoder->forward(whole, planOf(someHidden(), whole), kToken, {}).tokens * at::randn({2, 8, 16})).sum().backward();
        for (const auto& item : encoder->named_parameters()) {
            QVERIFY2(item.value().grad().defined(), item.key().c_str());
            QVERIFY2(item.value().grad().isfinite().all().item<bool>(), item.key().c_str());
            QVERIFY2(item.value().grad().abs().max().item<float>() > 0, item.key().c_str());
        }
    }

    void gradientsAgreeWithFiniteDifferences() {
        const auto encoder = makeEncoder("initialization = \"xavier\"\nnorm_eps = 1e-5");
        encoder->to(at::kDouble);
        const View whole = view();
        const at::Tensor weight = at::randn({2, 8, 16}, at::kDouble) * whole.geometry.valid.unsqueeze(-1);
        const auto value = [&] { return (encoder->forward(whole, planOf(someHidden(), whole), kToken, {}).tokens * weight).sum(); };
        value().backward();
        const torch::NoGradGuard noGrad;
        for (auto& item : encoder->named_parameters()) {
            const at::Tensor gradient = item.value().grad().flatten();
            const std::int64_t steepest = gradient.abs().argmax().item<std::int64_t>();
            double* place = item.value().mutable_data_ptr<double>() + steepest;
            const double before = *place, h = 1e-6;
            *place = before + h;
            const double above = value().item<double>();
            *place = before - h;
            const double below = value().item<double>();
            *place = before;
            const double expected = (above - below) / (2 * h), found = gradient[steepest].item<double>();
            QVERIFY2(std::abs(found - expected) < 1e-5 * std::max(1.0, std::abs(expected)), item.key().c_str());
        }
    }

    void corruptionsItCannotHonourAreDeclined() {
        const auto encoder = makeEncoder();
        QVERIFY(encoder->honours({}) && encoder->honours(kToken) &&
                encoder->honours({.kind = CorruptionKind::Token, .place = CorruptionPlace::Input}));
        QVERIFY(!encoder->honours({.kind = CorruptionKind::Drop}));
        QVERIFY(!encoder->honours({.kind = CorruptionKind::Token, .place = CorruptionPlace::Layer}));
    }

    void whatDoesNotFitIsRefused() {
        QVERIFY_THROWS_EXCEPTION(ShapeError, makeEncoder()->forward(view(11), MaskPlan(), {}, {}));
        View pictures;
        pictures.tensors["pixels"] = at::zeros({1, 3, 4, 4});
        QVERIFY_THROWS_EXCEPTION(ShapeError, makeEncoder()->forward(pictures, MaskPlan(), {}, {}));
        const Value table = parseToml("kind = \"text_transformer\"", "test");
        QVERIFY_THROWS_EXCEPTION(RecipeError, makeEncoderRegistry().make(table, "encoder", "kind", InputSpec{ImageInput{}}));
    }

    void layersAreCountedFromTheEmbedding() {
        const auto encoder = makeEncoder();
        QCOMPARE(encoder->layerOf("embed.word_table"), std::int64_t{0});
        QCOMPARE(encoder->layerOf("transformer.block1.fc1.weight"), std::int64_t{2});
    }
};

MASKSCOPE_TEST(TestTextTransformer)
#include "tst_text_transformer.moc"
