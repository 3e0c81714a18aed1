#include "heads/masked_language_head.h"
#include "layers/initialization.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/toml.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kWidth = 6, kCodes = 9;
const InputSpec kText{TextInput{.tokenizer = "bytes", .vocabulary = kCodes, .length = 5}};

std::shared_ptr<Head> makeHead(const std::string& more = "") {
    auto head = makeHeadRegistry().make(parseToml("kind = 'masked_language'\n" + more, "test"), "head", "kind", HeadContext{kText, kWidth, kCodes});
    initializeParameters(*head, "normal", 1);
    head->to(at::kDouble);
    for (at::Tensor& parameter : head->parameters()) parameter.detach().add_(at::randn_like(parameter), 0.5);
    return head;
}

Features features() {
    Features made;
    made.tokens = at::randn({2, 5, kWidth}, at::kDouble);
    made.vocabulary = at::randn({kCodes, kWidth}, at::kDouble);
    made.geometry = Geometry::sequence(2, 5, {});
    return made;
}

TokenSplit split() { return splitTokens(at::tensor({0.F, 1.F, 0.F, 1.F, 0.F, 0.F, 0.F, 0.F, 0.F, 1.F}).view({2, 5}), {}); }

}  // namespace

class TestMaskedLanguageHead : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(1); }

    void equalsTheFormulaOfItsParts_data() {
        QTest::addColumn<bool>("tied");
        QTest::newRow("with the encoder's embedding") << true;
        QTest::newRow("with a decoder of its own") << false;
    }
    void equalsTheFormulaOfItsParts() {
        QFETCH(bool, tied);
        const auto head = makeHead(tied ? "" : "tied = false");
        const Features input = features();
        const auto p = head->named_parameters();
        QCOMPARE(p.contains("decoder"), !tied);
        const at::Tensor x = at::matmul(input.tokens, p["dense.weight"].t()) + p["dense.bias"];
        const at::Tensor active = 0.5 * x * (1 + at::erf(x / std::sqrt(2.0)));
        const at::Tensor centred = active - active.mean(-1, true);
        const at::Tensor normed = centred / at::sqrt(centred.square().mean(-1, true) + 1e-12) * p["norm.weight"] + p["norm.bias"];
        const at::Tensor expected = at::matmul(normed, (tied ? input.vocabulary : p["decoder"]).t()) + p["decoder_bias"];
        QVERIFY(at::allclose(head->forward(input, nullptr, TokenChoice::All), expected, 1e-10, 1e-10));
    }

    void chosenRowsAreRowsOfAll() {
        const auto head = makeHead();
        const Features input = features();
        const TokenSplit places = split();
        const at::Tensor all = head->forward(input, nullptr, TokenChoice::All), hidden = head->forward(input, &places, TokenChoice::Hidden);
        QCOMPARE(hidden.sizes(), (at::IntArrayRef{2, 2, kCodes}));
        QVERIFY(at::allclose(hidden[0][1], all[0][3]) && at::allclose(hidden[1][0], all[1][4]));
    }

    void theSharedEmbeddingLearns() {
        Features input = features();
        input.vocabulary.requires_grad_(true);
        makeHead()->forward(input, nullptr, TokenChoice::All).square().mean().backward();
        QVERIFY(input.vocabulary.grad().abs().min().item<double>() > 0);
    }

    void anEncoderWithoutVocabularyIsRefused() {
        Features input = features();
        input.vocabulary = at::Tensor();
        QVERIFY_THROWS_EXCEPTION(ShapeError, makeHead()->forward(input, nullptr, TokenChoice::All));
        input.vocabulary = at::randn({kCodes + 1, kWidth}, at::kDouble);
        QVERIFY_THROWS_EXCEPTION(ShapeError, makeHead()->forward(input, nullptr, TokenChoice::All));
    }
};

MASKSCOPE_TEST(TestMaskedLanguageHead)
#include "tst_masked_language_head.moc"
