#include "layers/relative_bias.h"

#include <torch/torch.h>

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kRows = 2, kColumns = 3, kHeads = 2, kPatches = kRows * kColumns;

std::shared_ptr<RelativeBias> makeBias(std::int64_t prefix) {
    const torch::NoGradGuard noGrad;
    auto bias = std::make_shared<RelativeBias>(kRows, kColumns, kHeads, prefix);
    for (at::Tensor& parameter : bias->parameters()) parameter.normal_();
    return bias;
}

/// What the definition says about one pair: a row of the table for the offset, or of the three for pairs with the class token.
double expected(RelativeBias& bias, std::int64_t prefix, std::int64_t head, std::int64_t query, std::int64_t key) {
    const auto tables = bias.named_parameters();
    if (query < prefix || key < prefix) {
        const std::int64_t which = query < prefix && key < prefix ? 2 : query < prefix ? 0 : 1;
        return tables["class_table"][which][head].item<double>();
    }
    const std::int64_t from = query - prefix, to = key - prefix;
    const std::int64_t down = from / kColumns - to / kColumns + kRows - 1, right = from % kColumns - to % kColumns + kColumns - 1;
    return tables["window.table"][down * (2 * kColumns - 1) + right][head].item<double>();
}

}  // namespace

class TestRelativeBias : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(5); }

    void everyPairGetsTheNumberOfItsOffset_data() {
        QTest::addColumn<qint64>("prefix");
        QTest::newRow("patches alone") << qint64(0);
        QTest::newRow("a class token in front") << qint64(1);
        QTest::newRow("three tokens in front") << qint64(3);
    }
    void everyPairGetsTheNumberOfItsOffset() {
        QFETCH(qint64, prefix);
        const auto bias = makeBias(prefix);
        const at::Tensor all = bias->forward();
        QCOMPARE(all.sizes(), (at::IntArrayRef{kHeads, prefix + kPatches, prefix + kPatches}));
        for (std::int64_t head = 0; head < kHeads; ++head)
            for (std::int64_t query = 0; query < all.size(1); ++query)
                for (std::int64_t key = 0; key < all.size(2); ++key)
                    QCOMPARE(all[head][query][key].item<double>(), expected(*bias, prefix, head, query, key));
    }
    void someTokensHaveTheBiasesThatTheyHaveAmongAll() {
        const at::Tensor all = makeBias(1)->forward(), indices = at::tensor({0, 2, 5, 1, 3, 4}, at::kLong).view({2, 3});
        const at::Tensor some = biasAt(all, 1, indices);
        QCOMPARE(some.sizes(), (at::IntArrayRef{2, kHeads, 4, 4}));
        for (std::int64_t sample = 0; sample < 2; ++sample) {
            const at::Tensor kept = at::cat({at::zeros({1}, at::kLong), indices.select(0, sample) + 1});
            QVERIFY(at::equal(some.select(0, sample), all.index_select(1, kept).index_select(2, kept)));
        }
    }
    void everyNumberGetsAGradient() {
        const auto bias = makeBias(1);
        bias->forward().square().sum().backward();
        for (const at::Tensor& parameter : bias->parameters()) QVERIFY(parameter.grad().ne(0).all().item<bool>());
    }
};

MASKSCOPE_TEST(TestRelativeBias)
#include "tst_relative_bias.moc"
