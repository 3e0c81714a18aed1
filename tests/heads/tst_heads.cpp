#include "heads/head.h"
#include "layers/initialization.h"
#include "tensor/gather.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/toml.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kBatch = 2, kWidth = 12, kTarget = 5;

const InputSpec& inputSpec() {
    static const InputSpec input{ImageInput{.channels = 1, .height = 8, .width = 12, .patchHeight = 4, .patchWidth = 4, .mean = {0.5}, .std = {0.5}}};
    return input;
}

std::shared_ptr<Head> makeHead(const std::string& text) {
    const HeadContext context{inputSpec(), kWidth, kTarget};
    auto head = makeHeadRegistry().make(parseToml(text, "test"), "head", "kind", context);
    initializeParameters(*head, "xavier", 1);
    return head;
}

const std::string kTransformer = "kind = \"transformer\"\nwidth = 8\ndepth = 1\nheads = 2";

TokenSplit split() { return splitTokens(at::tensor({1.F, 0.F, 1.F, 0.F, 1.F, 1.F}).repeat({kBatch, 1}), {}); }

Features featuresOf(std::int64_t tokens, bool dropped, bool cls) {
    Features features;
    features.tokens = at::randn({kBatch, tokens, kWidth});
    features.dropped = dropped;
    if (cls) features.prefix = at::randn({kBatch, 1, kWidth});
    features.geometry = Geometry::grid(kBatch, {2, 3});
    return features;
}

}  // namespace

class TestHeads : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void chosenRowsAreRowsOfAll_data();
    void chosenRowsAreRowsOfAll();
    void decoderReadsVisibleTokensWhereverTheyWere();
    void decoderTellsHiddenPlacesApart();
    void classTokenRunsAlongAndIsNotPredicted();
    void droppedTokensNeedAHeadThatRestoresThem();
    void linearHeadIsALinearMap();
    void everyParameterGetsAFiniteGradient_data() { chosenRowsAreRowsOfAll_data(); }
    void everyParameterGetsAFiniteGradient();
};

void TestHeads::chosenRowsAreRowsOfAll_data() {
    QTest::addColumn<QString>("head");
    QTest::newRow("linear") << "kind = \"linear\"";
    QTest::newRow("two layers") << "kind = \"mlp\"";
    QTest::newRow("three layers of another width") << "kind = \"mlp\"\nlayers = 3\nwidth = 7";
    QTest::newRow("transformer") << QString::fromStdString(kTransformer);
    QTest::newRow("transformer with learned positions") << QString::fromStdString(kTransformer + "\npositions = \"learned\"");
}

void TestHeads::chosenRowsAreRowsOfAll() {
    QFETCH(QString, head);
    const auto made = makeHead(head.toStdString());
    const Features features = featuresOf(6, false, true);
    const TokenSplit tokens = split();
    const at::Tensor all = made->forward(features, &tokens, TokenChoice::All);
    QCOMPARE(all.sizes().vec(), (std::vector<std::int64_t>{kBatch, 6, kTarget}));
    QVERIFY(at::allclose(made->forward(features, &tokens, TokenChoice::Hidden), takeTokens(all, tokens.hidden), 1e-5, 1e-6));
    QVERIFY(at::allclose(made->forward(features, &tokens, TokenChoice::Visible), takeTokens(all, tokens.visible), 1e-5, 1e-6));
}

void TestHeads::decoderReadsVisibleTokensWhereverTheyWere() {
    const auto head = makeHead(kTransformer);
    const TokenSplit tokens = split();
    Features dropped = featuresOf(2, true, false);
    const at::Tensor before = head->forward(dropped, &tokens, TokenChoice::All);
    dropped.tokens = dropped.tokens.clone();
    dropped.tokens[0][0].add_(1.0);
    const at::Tensor after = head->forward(dropped, &tokens, TokenChoice::All);
    QVERIFY(!at::allclose(before[0], after[0]));
    QVERIFY(at::equal(before[1], after[1]));  // the other sample
}

void TestHeads::decoderTellsHiddenPlacesApart() {
    const auto head = makeHead(kTransformer);
    const TokenSplit tokens = split();
    const at::Tensor hidden = head->forward(featuresOf(2, true, false), &tokens, TokenChoice::Hidden);
    QCOMPARE(hidden.size(1), 4);
    QVERIFY(!at::allclose(hidden[0][0], hidden[0][1], 1e-3, 1e-4));  // same mask token, other position
}

void TestHeads::classTokenRunsAlongAndIsNotPredicted() {
    const auto head = makeHead(kTransformer);
    const TokenSplit tokens = split();
    Features features = featuresOf(2, true, true);
    const at::Tensor before = head->forward(features, &tokens, TokenChoice::All);
    QCOMPARE(before.size(1), 6);
    features.prefix = features.prefix + at::randn_like(features.prefix);  // an equal shift of all channels could cancel
    QVERIFY(!at::allclose(before, head->forward(features, &tokens, TokenChoice::All)));
}

void TestHeads::droppedTokensNeedAHeadThatRestoresThem() {
    const auto linear = makeHead("kind = \"linear\"");
    const TokenSplit tokens = split();
    const Features dropped = featuresOf(2, true, false);
    QVERIFY(!linear->restoresDropped());
    QVERIFY(makeHead(kTransformer)->restoresDropped());
    QVERIFY_EXCEPTION_THROWN(linear->forward(dropped, &tokens, TokenChoice::Hidden), ShapeError);
    QVERIFY_EXCEPTION_THROWN(linear->forward(featuresOf(6, false, false), nullptr, TokenChoice::Hidden), ShapeError);
    QCOMPARE(linear->forward(dropped, &tokens, TokenChoice::Visible).size(1), 2);
}

void TestHeads::linearHeadIsALinearMap() {
    const auto head = makeHead("kind = \"linear\"");
    const Features features = featuresOf(6, false, false);
    const auto parameters = head->named_parameters();
    const at::Tensor expected = at::matmul(features.tokens, parameters["predict.weight"].t()) + parameters["predict.bias"];
    QVERIFY(at::allclose(head->forward(features, nullptr, TokenChoice::All), expected, 1e-5, 1e-6));
}

void TestHeads::everyParameterGetsAFiniteGradient() {
    QFETCH(QString, head);
    const auto made = makeHead(head.toStdString());
    const TokenSplit tokens = split();
    const bool restores = made->restoresDropped();
    const at::Tensor prediction = made->forward(featuresOf(restores ? 2 : 6, restores, true), &tokens, TokenChoice::Hidden);
    (prediction * at::randn_like(prediction)).sum().backward();
    for (const auto& item : made->named_parameters()) {
        QVERIFY2(item.value().grad().defined(), item.key().c_str());
        QVERIFY2(item.value().grad().isfinite().all().item<bool>(), item.key().c_str());
        QVERIFY2(item.value().grad().abs().max().item<double>() > 0.0, item.key().c_str());
    }
}

MASKSCOPE_TEST(TestHeads)
#include "tst_heads.moc"
