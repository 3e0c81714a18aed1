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

    void theWordsAreTheEmbeddingItself() {
        const auto embedding = makeEmbedding({});
        QVERIFY(embedding->words().is_same(embedding->named_parameters()["word_table"]));
    }
};

MASKSCOPE_TEST(TestTokenEmbedding)
#include "tst_token_embedding.moc"
