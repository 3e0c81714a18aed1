#include "layers/token_embedding.h"

#include <torch/torch.h>

#include <QtTest>

#include "layers/initialization.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

const TextInput kInput{.tokenizer = "bytes", .vocabulary = 11, .length = 6};
constexpr std::int64_t kWidth = 4;

std::shared_ptr<TokenEmbedding> makeEmbedding(const TokenEmbeddingParams& params) {
    auto embedding = std::make_shared<TokenEmbedding>(kInput, kWidth, params);
    initializeParameters(*embedding, "normal", 1);
    embedding->to(at::kDouble);
    for (at::Tensor& parameter : embedding->parameters()) parameter.detach().add_(at::randn_like(parameter));
    return embedding;
}

at::Tensor tokens() { return at::tensor({1, 7, 8, 2, 0, 0, 1, 5, 9, 10, 6, 2}, at::kLong).view({2, 6}); }
at::Tensor real() { return tokens().ne(0); }

/// (word + position + type), normalised, from single operations.
at::Tensor expected(TokenEmbedding& embedding, const std::vector<std::int64_t>& positions, const std::vector<std::int64_t>& types) {
    const auto p = embedding.named_parameters();
    at::Tensor result = at::zeros({2, 6, kWidth}, at::kDouble);
    for (std::int64_t b = 0; b < 2; ++b)
        for (std::int64_t n = 0; n < 6; ++n) {
            const auto place = static_cast<std::size_t>(b * 6 + n);
            at::Tensor sum = p["word_table"][tokens()[b][n].item<std::int64_t>()] + p["position_table"][positions[place]];
            if (p.contains("type_table")) sum = sum + p["type_table"][types[place]];
            const at::Tensor centred = sum - sum.mean();
            result[b][n] = centred / at::sqrt(centred.square().mean() + 1e-12) * p["norm.weight"] + p["norm.bias"];
        }
    return result;
}

}  // namespace

class TestTokenEmbedding : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(2); }

    void addsTokenAndPosition() {
        const auto embedding = makeEmbedding({});
        QVERIFY(at::allclose(embedding->forward(tokens(), real()), expected(*embedding, {0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5}, {}), 1e-10, 1e-10));
        QVERIFY(!embedding->named_parameters().contains("type_table"));
    }

    void addsTypes() {
        const auto embedding = makeEmbedding({.types = 2});
        const std::vector<std::int64_t> positions{0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5}, first(12, 0), both{0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1};
        QVERIFY(at::allclose(embedding->forward(tokens(), real()), expected(*embedding, positions, first), 1e-10, 1e-10));
        const at::Tensor types = at::tensor(both, at::kLong).view({2, 6});
        QVERIFY(at::allclose(embedding->forward(tokens(), real(), types), expected(*embedding, positions, both), 1e-10, 1e-10));
    }

    void withAnOffsetPositionsCountRealTokens() {
        const auto embedding = makeEmbedding({.positionOffset = 2});
        QCOMPARE(embedding->named_parameters()["position_table"].size(0), std::int64_t{8});
        QVERIFY(at::allclose(embedding->forward(tokens(), real()), expected(*embedding, {2, 3, 4, 5, 1, 1, 2, 3, 4, 5, 6, 7}, {}), 1e-10, 1e-10));
    }

    void positionsMayBeGiven() {
        const auto embedding = makeEmbedding({});
        const std::vector<std::int64_t> given{5, 4, 3, 2, 1, 0, 0, 0, 2, 2, 4, 4};
        const at::Tensor positions = at::tensor(given, at::kLong).view({2, 6});
        QVERIFY(at::allclose(embedding->forward(tokens(), real(), {}, positions), expected(*embedding, given, {}), 1e-10, 1e-10));
    }

    /// ESM-2: three of four real tokens are left in the first text, and all in the second.
    void maskedTokensVanishAndTheOthersGrow_data() {
        QTest::addColumn<bool>("knowsPadding");
        QTest::newRow("padding is not counted") << true;
        QTest::newRow("all places count where padding is not known") << false;
    }
    void maskedTokensVanishAndTheOthersGrow() {
        QFETCH(bool, knowsPadding);
        const auto embedding = makeEmbedding({.positions = false, .norm = false, .tokenDropout = true});
        at::Tensor masked = tokens().clone();
        masked[0][1] = kInput.maskToken;
        const at::Tensor words = embedding->words().index_select(0, masked.flatten()).view({2, 6, kWidth});
        const at::Tensor found = embedding->forward(masked, knowsPadding ? real() : at::Tensor());
        const double grown = 0.88 / (knowsPadding ? 3.0 / 4.0 : 5.0 / 6.0);
        QVERIFY(at::allclose(found[0][0], words[0][0] * grown, 1e-10, 1e-10));
        QVERIFY(at::equal(found[0][1], at::zeros({kWidth}, at::kDouble)));
        QVERIFY(at::allclose(found[1], words[1] * 0.88, 1e-10, 1e-10));
    }

    void paddingMayBecomeZero() {
        const auto plain = makeEmbedding({}), zeroing = makeEmbedding({.zerosPadding = true});
        const torch::NoGradGuard noGrad;
        for (const auto& item : plain->named_parameters()) zeroing->named_parameters()[item.key()].copy_(item.value());
        const at::Tensor expectedRows = plain->forward(tokens(), real()) * real().unsqueeze(-1);
        QVERIFY(at::equal(zeroing->forward(tokens(), real()), expectedRows));
        QVERIFY(at::equal(zeroing->forward(tokens(), {}), plain->forward(tokens(), {})));
    }

    void theWordsAreTheEmbeddingItself() {
        const auto embedding = makeEmbedding({});
        QVERIFY(embedding->words().is_same(embedding->named_parameters()["word_table"]));
    }
};

MASKSCOPE_TEST(TestTokenEmbedding)
#include "tst_token_embedding.moc"
