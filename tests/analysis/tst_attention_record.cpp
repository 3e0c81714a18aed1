#include "analysis/attention_record.h"

#include <cmath>

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

/// A network of one layer and two heads over a class token and a plane of 2 x 3 patches: the first head looks at the query
/// itself, the second one at every token alike.
Features twoHeads() {
    Features features;
    features.geometry = Geometry::grid(1, {2, 3});
    features.prefix = at::zeros({1, 1, 4});
    features.tokens = at::zeros({1, 6, 4});
    features.attentions = {at::stack({at::eye(7), at::full({7, 7}, 1.0 / 7.0)}).unsqueeze(0)};
    return features;
}

std::vector<float> rowOf(const AttentionRecord& record, std::int64_t layer, std::int64_t head) {
    return {record.head(layer, head), record.head(layer, head) + record.patches()};
}

bool isNear(double a, double b) { return std::abs(a - b) < 1e-5; }

}  // namespace

class TestAttentionRecord : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void headsThatLookAtThemselvesAreNarrowAndCertain();
    void headsThatLookEverywhereAreWideAndUncertain();
    void rowsAddUpToOneWithThePrefix();
    void withoutAClassTokenTheMeanOverQueriesAnswers();
    void hiddenPatchesAreNotSeen();
    void tokensInARowAreAGridOfOneRowWithoutPadding();
    void rolloutIsThatOfTheQuery();
    void impossibleQuestionsSayWhy();
};

void TestAttentionRecord::headsThatLookAtThemselvesAreNarrowAndCertain() {
    const AttentionRecord record = attentionRecord(twoHeads(), nullptr, 40, {.query = 4});
    QCOMPARE(record.step, std::int64_t{40});
    QCOMPARE(record.layers, std::int64_t{1});
    QCOMPARE(record.heads, std::int64_t{2});
    QCOMPARE(record.rows, std::int64_t{2});
    QCOMPARE(record.columns, std::int64_t{3});
    QVERIFY(record.hasClassToken);
    QCOMPARE(rowOf(record, 0, 0), (std::vector<float>{0, 0, 0, 0, 1, 0}));
    QCOMPARE(record.prefixWeights[0], 0.F);
    QVERIFY(isNear(record.meanDistance[0], 0.0));
    QVERIFY(isNear(record.entropyBits[0], 0.0));
}

void TestAttentionRecord::headsThatLookEverywhereAreWideAndUncertain() {
    const AttentionRecord record = attentionRecord(twoHeads(), nullptr, 0, {.query = 0});
    double sum = 0.0;  // over all pairs of patches on the plane
    for (int a = 0; a < 6; ++a)
        for (int b = 0; b < 6; ++b) sum += std::hypot(a / 3 - b / 3, a % 3 - b % 3);
    QVERIFY(isNear(record.meanDistance[1], sum / 36.0));
    QVERIFY(isNear(record.entropyBits[1], std::log2(7.0)));
    QVERIFY(isNear(record.head(0, 1)[5], 1.0 / 7.0));
}

void TestAttentionRecord::rowsAddUpToOneWithThePrefix() {
    Features features = twoHeads();
    features.attentions = {at::softmax(at::randn({1, 2, 7, 7}, at::detail::createCPUGenerator(1), at::kFloat), -1)};
    for (const std::optional<std::int64_t> query : {std::optional<std::int64_t>(), std::optional<std::int64_t>(3)}) {
        const AttentionRecord record = attentionRecord(features, nullptr, 0, {.query = query});
        for (std::int64_t head = 0; head < 2; ++head) {
            double sum = record.prefixWeights[record.headIndex(0, head)];
            for (const float weight : rowOf(record, 0, head)) sum += weight;
            QVERIFY(isNear(sum, 1.0));
        }
        const std::int64_t row = query ? 1 + *query : 0;
        QVERIFY(isNear(record.head(0, 1)[2], features.attentions[0][0][1][row][3].item<double>()));
    }
}

void TestAttentionRecord::withoutAClassTokenTheMeanOverQueriesAnswers() {
    Features features = twoHeads();
    features.prefix = at::Tensor();
    features.attentions = {at::eye(6).view({1, 1, 6, 6})};
    const AttentionRecord record = attentionRecord(features, nullptr, 0, {});
    QVERIFY(!record.hasClassToken);
    QCOMPARE(record.prefixTokens, std::int64_t{0});
    for (const float weight : rowOf(record, 0, 0)) QVERIFY(isNear(weight, 1.0 / 6.0));
}

void TestAttentionRecord::hiddenPatchesAreNotSeen() {
    Features features = twoHeads();
    features.dropped = true;
    features.tokens = at::zeros({1, 2, 4});  // patches 1 and 5 are visible: (0, 1) and (1, 2)
    features.attentions = {at::tensor({0.2F, 0.3F, 0.5F, 0.1F, 0.6F, 0.3F, 0.4F, 0.4F, 0.2F}).view({1, 1, 3, 3})};
    const TokenSplit split = splitTokens(at::tensor({1.F, 0.F, 1.F, 1.F, 1.F, 0.F}).view({1, 6}), {});
    const AttentionRecord record = attentionRecord(features, &split, 0, {.query = 5});
    const std::vector<float> row = rowOf(record, 0, 0);
    for (const std::size_t hidden : {0, 2, 3, 4}) QVERIFY(std::isnan(row[hidden]));
    QVERIFY(isNear(row[1], 0.4));
    QVERIFY(isNear(row[5], 0.2));
    // Query 1 gives a third of its patch weight to the other one, query 5 two thirds.
    QVERIFY(isNear(record.meanDistance[0], (0.3 / 0.9 + 0.4 / 0.6) / 2.0 * std::sqrt(2.0)));
    QVERIFY(std::isnan(record.rollout[0]) && !std::isnan(record.rollout[1]));
    QVERIFY_EXCEPTION_THROWN(attentionRecord(features, &split, 0, {.query = 0}), UsageError);
    QVERIFY_EXCEPTION_THROWN(attentionRecord(features, nullptr, 0, {.query = 5}), ShapeError);
}

void TestAttentionRecord::tokensInARowAreAGridOfOneRowWithoutPadding() {
    Features features;  // three tokens and one of padding; every token looks at the three alike
    features.geometry = Geometry::sequence(1, 4, at::tensor({1, 1, 1, 0}, at::kLong).view({1, 4}).to(at::kBool));
    features.tokens = at::zeros({1, 4, 2});
    at::Tensor attention = at::zeros({1, 1, 4, 4});
    attention.narrow(3, 0, 3).fill_(1.0 / 3.0);
    features.attentions = {attention, attention};
    const AttentionRecord record = attentionRecord(features, nullptr, 7, {.query = 2});
    QCOMPARE(record.rows, std::int64_t{1});
    QCOMPARE(record.columns, std::int64_t{4});
    QVERIFY(!record.hasClassToken);
    for (const std::size_t token : {0, 1, 2}) QVERIFY(isNear(rowOf(record, 0, 0)[token], 1.0 / 3.0));
    QVERIFY(std::isnan(rowOf(record, 0, 0)[3]) && std::isnan(record.rollout[3]));
    QVERIFY(isNear(record.meanDistance[0], 8.0 / 9.0));  // of nine pairs: four at 1, two at 2
    QVERIFY(isNear(record.entropyBits[0], std::log2(3.0)));
    QVERIFY(isNear(record.rollout[2], 0.25 + 0.75 / 3.0));  // half of half stays, the rest is spread
    QVERIFY_EXCEPTION_THROWN(attentionRecord(features, nullptr, 0, {.query = 3}), UsageError);
}

void TestAttentionRecord::rolloutIsThatOfTheQuery() {
    Features features = twoHeads();
    const at::Tensor layer = at::softmax(at::randn({1, 2, 7, 7}, at::detail::createCPUGenerator(2), at::kFloat), -1);
    features.attentions = {layer, layer};
    const AttentionRecord record = attentionRecord(features, nullptr, 0, {.query = 2});
    const at::Tensor mixed = 0.5 * layer[0].mean(0) + 0.5 * at::eye(7);
    const at::Tensor expected = at::matmul(mixed, mixed)[3].narrow(0, 1, 6);
    for (int patch = 0; patch < 6; ++patch) QVERIFY(isNear(record.rollout[static_cast<std::size_t>(patch)], expected[patch].item<double>()));
    QVERIFY(attentionRecord(features, nullptr, 0, {.query = 2, .rollout = false}).rollout.empty());
}

void TestAttentionRecord::impossibleQuestionsSayWhy() {
    Features features = twoHeads();
    QVERIFY_EXCEPTION_THROWN(attentionRecord(features, nullptr, 0, {.query = 6}), UsageError);
    QVERIFY_EXCEPTION_THROWN(attentionRecord(features, nullptr, 0, {.query = -1}), UsageError);
    features.geometry.kind = GeometryKind::Graph;
    QVERIFY_EXCEPTION_THROWN(attentionRecord(features, nullptr, 0, {}), ShapeError);
    features = twoHeads();
    features.attentions.clear();
    QVERIFY_EXCEPTION_THROWN(attentionRecord(features, nullptr, 0, {}), UsageError);
}

MASKSCOPE_TEST(TestAttentionRecord)
#include "tst_attention_record.moc"
