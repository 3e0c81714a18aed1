#include "tensor/gather.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/error.h"
#include "core/random.h"
#include "tensor/mask_plan.h"

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

/// Distinct values.
at::Tensor tokensOf(std::int64_t batch, std::int64_t count, std::int64_t width) {
    return at::arange(1, batch * count * width + 1, at::kDouble).view({batch, count, width});
}

/// Random masks; with `ragged`, a different count in each sample.
at::Tensor randomMask(std::int64_t batch, std::int64_t count, bool ragged) {
    const at::Tensor hidden = at::zeros({batch, count});
    for (std::int64_t row = 0; row < batch; ++row) {
        RandomStream stream(5, "mask", 0, static_cast<std::uint64_t>(row));
        const auto order = stream.permutation(count);
        const std::int64_t hides = ragged ? 1 + row % (count - 1) : count / 2;
        for (std::int64_t i = 0; i < hides; ++i) hidden.mutable_data_ptr<float>()[row * count + order[static_cast<std::size_t>(i)]] = 1.0F;
    }
    return hidden;
}

double at3(const at::Tensor& tensor, std::int64_t i, std::int64_t j, std::int64_t k) { return tensor[i][j][k].item<double>(); }

}  // namespace

class TestGather : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void takesByIndex() {
        const at::Tensor tokens = tokensOf(2, 3, 2);
        const at::Tensor taken = takeTokens(tokens, at::tensor(std::vector<std::int64_t>{2, 0, 1, 1}).view({2, 2}));
        QCOMPARE(at3(taken, 0, 0, 1), at3(tokens, 0, 2, 1));
        QCOMPARE(at3(taken, 0, 1, 0), at3(tokens, 0, 0, 0));
        QCOMPARE(at3(taken, 1, 0, 0), at3(tokens, 1, 1, 0));
        QCOMPARE(at3(taken, 1, 1, 1), at3(tokens, 1, 1, 1));
    }

    void restoreUndoesTake_data() {
        QTest::addColumn<bool>("ragged");
        QTest::newRow("equal counts") << false;
        QTest::newRow("a different count in each sample") << true;
    }
    void restoreUndoesTake() {
        QFETCH(bool, ragged);
        const at::Tensor tokens = tokensOf(5, 6, 3), hidden = randomMask(5, 6, ragged);
        const TokenSplit split = splitTokens(hidden, {});
        const at::Tensor visible = takeTokens(tokens, split.visible);
        QVERIFY(at::equal(restoreTokens(visible, tokens, split), tokens));
        const at::Tensor filled = restoreTokens(visible, at::full({3}, -1.0, at::kDouble), split);
        for (std::int64_t row = 0; row < 5; ++row)
            for (std::int64_t token = 0; token < 6; ++token)
                for (std::int64_t d = 0; d < 3; ++d)
                    QCOMPARE(at3(filled, row, token, d), hidden[row][token].item<float>() > 0.5F ? -1.0 : at3(tokens, row, token, d));
    }

    /// d sum(restore(take(x)) * w) / dx is w where visible and 0 where hidden; the filler gets the sum over hidden places.
    void gradientsAreThoseOfACopy_data() { restoreUndoesTake_data(); }
    void gradientsAreThoseOfACopy() {
        QFETCH(bool, ragged);
        const at::Tensor hidden = randomMask(4, 7, ragged).to(at::kDouble);
        const TokenSplit split = splitTokens(hidden, {});
        const at::Tensor tokens = tokensOf(4, 7, 3).requires_grad_(), filler = at::zeros({3}, at::kDouble).requires_grad_();
        const at::Tensor weights = tokensOf(4, 7, 3).mul(0.37).sin();
        restoreTokens(takeTokens(tokens, split.visible), filler, split).mul(weights).sum().backward();
        const at::Tensor hides = hidden.unsqueeze(2);
        QVERIFY(at::equal(tokens.grad(), weights.mul(hides.neg().add(1.0))));
        QVERIFY(tokens.grad().numel() > 0 && filler.grad().sub(weights.mul(hides).sum(at::IntArrayRef{0, 1})).abs().max().item<double>() < 1e-12);
    }

    void repeatedIndicesAddTheirGradients() {
        const at::Tensor tokens = tokensOf(1, 3, 2).requires_grad_();
        takeTokens(tokens, at::tensor(std::vector<std::int64_t>{1, 1, 1}).view({1, 3})).sum().backward();
        QCOMPARE(at3(tokens.grad(), 0, 1, 0), 3.0);
        QCOMPARE(at3(tokens.grad(), 0, 0, 0), 0.0);
    }

    void gradientsRepeatBitForBit() {
        const TokenSplit split = splitTokens(randomMask(16, 64, true), {});
        at::Tensor first;
        for (int run = 0; run < 5; ++run) {
            const at::Tensor tokens = tokensOf(16, 64, 48).to(at::kFloat).requires_grad_();
            takeTokens(tokens, split.visible).sin().sum().backward();
            if (run == 0) first = tokens.grad();
            QVERIFY(at::equal(tokens.grad(), first));
        }
    }

    void wrongShapesAreRefused() {
        const TokenSplit split = splitTokens(randomMask(2, 6, false), {});
        QVERIFY_EXCEPTION_THROWN(restoreTokens(at::zeros({2, 2, 4}), at::zeros({4}), split), ShapeError);
        QVERIFY_EXCEPTION_THROWN(restoreTokens(at::zeros({2, 3, 4}), at::zeros({5}), split), ShapeError);
        QVERIFY_EXCEPTION_THROWN(restoreTokens(at::zeros({2, 3, 4}), at::zeros({2, 5, 4}), split), ShapeError);
        QVERIFY_EXCEPTION_THROWN(takeTokens(at::zeros({2, 3, 4}), split.visible.narrow(0, 0, 1)), ShapeError);
        QVERIFY_EXCEPTION_THROWN(takeTokens(at::zeros({2, 3}), split.visible), ShapeError);
    }
};

MASKSCOPE_TEST(TestGather)
#include "tst_gather.moc"
