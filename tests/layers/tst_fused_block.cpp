#include "layers/fused_block.h"

#include <torch/torch.h>

#include <QtTest>

#include "layers/initialization.h"
#include "layers/transformer.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

std::shared_ptr<TransformerBlock> makeBlock(std::int64_t width, std::int64_t heads, double dropPath = 0.0) {
    const auto block = std::make_shared<TransformerBlock>(TransformerParams{.width = width, .depth = 1, .heads = heads}, dropPath);
    initializeParameters(*block, "normal", 1);
    const at::NoGradGuard noGrad;
    for (at::Tensor& parameter : block->parameters()) parameter.add_(at::randn_like(parameter), 0.1);
    return block;
}

struct Pass {
    at::Tensor result;
    std::vector<at::Tensor> gradients;  // of the input, then of the parameters
};

Pass pass(TransformerBlock& block, const at::Tensor& tokens, std::int64_t firstQuery, const at::Tensor& keyReal = {}) {
    const at::Tensor x = tokens.clone().requires_grad_();
    AttentionContext context(keyReal);
    context.firstQuery = firstQuery;
    std::vector<at::Tensor> inputs{x};
    for (const at::Tensor& parameter : block.parameters()) inputs.push_back(parameter);
    const at::Tensor result = block.forward(x, context, nullptr);
    return {result.detach(), torch::autograd::grad({(result * result.cos()).sum()}, inputs)};
}

double distance(const at::Tensor& a, const at::Tensor& b) { return ((a - b).norm() / (b.norm() + 1e-6)).item<double>(); }

}  // namespace

class TestFusedBlock : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(3); }

    void equalsTheBlock_data() {
        QTest::addColumn<int>("length");
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("heads");
        QTest::addColumn<int>("firstQuery");
        QTest::addColumn<bool>("hasPadding");
        QTest::newRow("all tokens ask") << 17 << 96 << 3 << 0 << false;
        QTest::newRow("the last tokens ask") << 33 << 64 << 2 << 9 << false;
        QTest::newRow("one token asks") << 6 << 32 << 4 << 5 << false;
        QTest::newRow("heads that are no whole vectors") << 10 << 60 << 5 << 2 << false;
        QTest::newRow("matrices of several blocks") << 150 << 192 << 3 << 0 << false;
        QTest::newRow("some tokens are padding") << 37 << 64 << 2 << 0 << true;
        QTest::newRow("some tokens are padding, the last ask") << 37 << 64 << 4 << 8 << true;
    }
    void equalsTheBlock() {
        QFETCH(int, length);
        QFETCH(int, width);
        QFETCH(int, heads);
        QFETCH(int, firstQuery);
        QFETCH(bool, hasPadding);
        at::Tensor real;
        if (hasPadding) {  // another number in each sample, and not only at the end
            real = at::ones({3, length}, at::kBool);
            real[1].slice(0, length - 20).fill_(false);
            real[2].slice(0, 3, length, 2).fill_(false);
        }
        const auto block = makeBlock(width, heads);
        const at::Tensor x = at::randn({3, length, width});
        const Pass plain = pass(*block, x, firstQuery, real);
        QCOMPARE(plain.result.size(1), static_cast<std::int64_t>(length - firstQuery));
        const FusedScope scope;
        const Pass fused = pass(*block, x, firstQuery, real);
        QVERIFY(!at::equal(fused.result, plain.result));  // or the block did not run fused
        QVERIFY2(distance(fused.result, plain.result) < 2e-6, qPrintable(QString::number(distance(fused.result, plain.result))));
        for (std::size_t i = 0; i < plain.gradients.size(); ++i) {
            // keys do not feel their bias: its gradient is 0 but for rounding, so the whole gradient is compared
            const double far = distance(fused.gradients[i], plain.gradients[i]);
            QVERIFY2(far < 1e-5, qPrintable(QStringLiteral("gradient %1: %2").arg(i).arg(far)));
        }
    }

    void tokensThatAskNothingAreLeftOut() {
        const auto block = makeBlock(32, 4);
        const at::Tensor x = at::randn({2, 12, 32});
        const Pass all = pass(*block, x, 0), some = pass(*block, x, 5);
        QVERIFY(distance(some.result, all.result.narrow(1, 5, 7)) < 1e-6);
    }

    /// What the fused operation does not do goes the general way, to the last bit.
    void goesTheGeneralWayWhereItMust() {
        const at::Tensor x = at::randn({2, 9, 32});
        const auto block = makeBlock(32, 4), dropping = makeBlock(32, 4, 0.5);
        const auto runs = [&](TransformerBlock& which, const at::Tensor& tokens, const AttentionContext& context) {
            at::Tensor probabilities;
            return std::pair(which.forward(tokens, context, nullptr), which.forward(tokens, context, &probabilities));
        };
        AttentionContext biased;
        biased.bias = at::randn({4, 9, 9});
        const auto forbidden = runs(*block, x, biased), watched = runs(*block, x, {});
        dropping->eval();
        const at::Tensor calm = dropping->forward(x, {}, nullptr);
        const FusedScope scope;
        QVERIFY(at::equal(runs(*block, x, biased).first, forbidden.first));
        QVERIFY(at::equal(runs(*block, x, {}).second, watched.second));
        QVERIFY(!at::equal(dropping->forward(x, {}, nullptr), calm));  // nothing drops outside of training
        block->to(at::kDouble);
        QCOMPARE(block->forward(x.to(at::kDouble), {}, nullptr).scalar_type(), at::kDouble);
    }

    void scopesEnd() {
        QVERIFY(!FusedScope::isOpen());
        {
            const FusedScope scope;
            QVERIFY(FusedScope::isOpen());
        }
        QVERIFY(!FusedScope::isOpen());
    }
};

MASKSCOPE_TEST(TestFusedBlock)
#include "tst_fused_block.moc"
