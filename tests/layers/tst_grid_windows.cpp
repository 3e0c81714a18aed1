#include "layers/grid_windows.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "layers/attention.h"
#include "layers/initialization.h"
#include "layers/patch_merging.h"
#include "layers/window_bias.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

GridWindows windowsOf(std::int64_t rows, std::int64_t columns, std::int64_t window, std::int64_t shift, bool padsBeforeShift) {
    return {.rows = rows,
            .columns = columns,
            .windowRows = window,
            .windowColumns = window,
            .shiftRows = shift,
            .shiftColumns = shift,
            .padsBeforeShift = padsBeforeShift};
}

}  // namespace

class TestGridWindows : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void joiningUndoesSplitting_data();
    void joiningUndoesSplitting();
    void windowsHoldNeighbours();
    void strangersAreThoseOnTheOtherSideOfTheRoll();
    void attentionStaysInsideWindows();
    void spreadAttentionSaysWhoSeesWhom();
    void tablesAreReadByOffset();
    void smallerWindowsReadTheMiddleOfATable();
    void continuousBiasDependsOnOffsetsInUnitsOfTheKnownWindow();
    void mergingJoinsSquares();
};

void TestGridWindows::joiningUndoesSplitting_data() {
    QTest::addColumn<int>("rows");
    QTest::addColumn<int>("columns");
    QTest::addColumn<int>("shift");
    QTest::addColumn<bool>("padsBeforeShift");
    for (const bool before : {false, true})
        for (const int shift : {0, 1, 2}) {
            const QString when = QString("shift %1, filled up %2 it").arg(shift).arg(before ? "before" : "after");
            QTest::addRow("whole windows, %s", qPrintable(when)) << 6 << 9 << shift << before;
            QTest::addRow("windows that do not divide the grid, %s", qPrintable(when)) << 5 << 7 << shift << before;
            QTest::addRow("a grid smaller than a window, %s", qPrintable(when)) << 2 << 2 << shift << before;
        }
}

void TestGridWindows::joiningUndoesSplitting() {
    QFETCH(int, rows);
    QFETCH(int, columns);
    QFETCH(int, shift);
    QFETCH(bool, padsBeforeShift);
    const GridWindows windows = windowsOf(rows, columns, 3, shift, padsBeforeShift);
    const at::Tensor tokens = at::randn({2, rows * columns, 4});
    const at::Tensor split = windows.split(tokens);
    QCOMPARE(split.sizes().vec(), (std::vector<std::int64_t>{2 * windows.count(), 9, 4}));
    QVERIFY(at::equal(windows.join(split), tokens));
    QVERIFY(std::abs((split.sum() - tokens.sum()).item<double>()) < 1e-4);  // nothing twice, and zeros around
}

void TestGridWindows::windowsHoldNeighbours() {
    const at::Tensor numbers = at::arange(16, at::kFloat).view({1, 16, 1});
    const auto first = [&](std::int64_t shift) { return windowsOf(4, 4, 2, shift, true).split(numbers)[0].flatten(); };
    QVERIFY(at::equal(first(0), at::tensor({0.F, 1.F, 4.F, 5.F})));
    QVERIFY(at::equal(first(1), at::tensor({5.F, 6.F, 9.F, 10.F})));
    QVERIFY(at::equal(windowsOf(4, 4, 2, 1, true).split(numbers)[3].flatten(), at::tensor({15.F, 12.F, 3.F, 0.F})));
}

void TestGridWindows::strangersAreThoseOnTheOtherSideOfTheRoll() {
    QVERIFY(!windowsOf(4, 4, 2, 0, true).strangers().defined());
    const GridWindows windows = windowsOf(6, 9, 3, 1, true);
    // A token's place before the roll tells whether it was carried around.
    const at::Tensor rows = windows.split(at::arange(54, at::kDouble).div(9, "floor").view({1, 54, 1})).squeeze(2);
    const at::Tensor columns = windows.split(at::arange(54, at::kDouble).remainder(9).view({1, 54, 1})).squeeze(2);
    const at::Tensor apart =
        (rows.unsqueeze(1) - rows.unsqueeze(2)).abs().gt(2).logical_or((columns.unsqueeze(1) - columns.unsqueeze(2)).abs().gt(2));
    QVERIFY(at::equal(windows.strangers(), apart));
    QVERIFY(apart.any().item<bool>());
}

void TestGridWindows::attentionStaysInsideWindows() {
    Attention attention({.width = 8, .heads = 2});
    initializeParameters(attention, "xavier", 1);
    const GridWindows one = windowsOf(3, 3, 3, 0, true), four = windowsOf(4, 4, 2, 0, true);
    AttentionContext context;
    context.windows = &one;
    const at::Tensor nine = at::randn({2, 9, 8});
    QVERIFY(at::allclose(attention.forward(nine, context, nullptr), attention.forward(nine, {}, nullptr), 1e-5, 1e-6));

    context.windows = &four;
    const at::Tensor tokens = at::randn({1, 16, 8});
    at::Tensor changed = tokens.clone();
    changed[0][5] += 1.0;  // in the first window: 0, 1, 4, 5
    const at::Tensor moved = (attention.forward(tokens, context, nullptr) - attention.forward(changed, context, nullptr)).abs().sum(-1)[0];
    for (std::int64_t n = 0; n < 16; ++n) QCOMPARE(moved[n].item<float>() > 1e-6F, n == 0 || n == 1 || n == 4 || n == 5);
}

void TestGridWindows::spreadAttentionSaysWhoSeesWhom() {
    const GridWindows windows = windowsOf(5, 4, 2, 1, false);
    const at::Tensor probabilities = at::rand({2 * windows.count(), 3, 4, 4}).softmax(-1);
    const at::Tensor whole = windows.spread(probabilities);
    QCOMPARE(whole.sizes().vec(), (std::vector<std::int64_t>{2, 3, 20, 20}));
    // Mixing values by the spread attention is mixing them inside windows.
    const at::Tensor values = at::randn({2, 20, 3});
    const at::Tensor inside = at::matmul(probabilities, windows.split(values).unsqueeze(1)).select(1, 1);
    QVERIFY(at::allclose(at::matmul(whole.select(1, 1), values), windows.join(inside), 1e-5, 1e-6));
}

void TestGridWindows::tablesAreReadByOffset() {
    WindowBiasTable bias(2, 3, 1);
    const torch::NoGradGuard noGrad;
    bias.named_parameters()["table"].copy_(at::arange(15, at::kFloat).unsqueeze(1));
    const at::Tensor found = bias.of(2, 3);
    QCOMPARE(found.sizes().vec(), (std::vector<std::int64_t>{1, 6, 6}));
    for (std::int64_t q = 0; q < 6; ++q)
        for (std::int64_t k = 0; k < 6; ++k) QCOMPARE(found[0][q][k].item<float>(), static_cast<float>((q / 3 - k / 3 + 1) * 5 + q % 3 - k % 3 + 2));
    QVERIFY_THROWS_EXCEPTION(ShapeError, bias.of(3, 3));
}

void TestGridWindows::smallerWindowsReadTheMiddleOfATable() {
    WindowBiasTable bias(3, 3, 2);
    initializeParameters(bias, "normal", 1);
    // The first four places of a square of the large window are a small one.
    const at::Tensor places = at::tensor({0, 1, 3, 4}, at::kLong);
    QVERIFY(at::equal(bias.of(2, 2), bias.of(3, 3).index_select(1, places).index_select(2, places)));
}

void TestGridWindows::continuousBiasDependsOnOffsetsInUnitsOfTheKnownWindow() {
    ContinuousWindowBias own(2, 0), known(2, 4), wide(2, 7);
    for (auto* bias : {&own, &known, &wide}) {
        initializeParameters(*bias, "xavier", 3);
        const torch::NoGradGuard noGrad;
        bias->named_parameters()["fc1.bias"].copy_(at::linspace(-1, 1, 512));
    }
    const at::Tensor four = own.of(4, 4);
    QVERIFY(at::equal(four, known.of(4, 4)));
    QVERIFY(!at::allclose(four, wide.of(4, 4)));
    QVERIFY(four.ge(0).all().item<bool>() && four.le(16).all().item<bool>());
    QVERIFY(at::allclose(four[0].diagonal(), four[0][0][0].expand({16})));  // every token is at offset 0 from itself
    QVERIFY(at::isfinite(own.of(1, 1)).all().item<bool>());
    // Windows of 7 in units of 7 and of 4 in units of 4 agree at their corners.
    QVERIFY(at::allclose(four.select(1, 0).select(1, 15), wide.of(7, 7).select(1, 0).select(1, 48), 1e-5, 1e-6));
}

void TestGridWindows::mergingJoinsSquares() {
    PatchMerging merging(1, 4, true);
    {
        const torch::NoGradGuard noGrad;
        merging.named_parameters()["reduction.weight"].copy_(at::eye(4));
    }
    const at::Tensor merged = merging.forward(at::tensor({1.F, 2.F, 3.F, 4.F, 5.F, 6.F}).view({1, 6, 1}), 2, 3);
    const auto normed = [](std::vector<float> square) {
        const at::Tensor x = at::tensor(at::ArrayRef<float>(square));
        return (x - x.mean()) / (x.var(false) + 1e-5).sqrt();
    };
    QVERIFY(at::allclose(merged[0][0], normed({1, 4, 2, 5})));  // column by column
    QVERIFY(at::allclose(merged[0][1], normed({3, 6, 0, 0})));  // filled up with zeros
}

MASKSCOPE_TEST(TestGridWindows)
#include "tst_grid_windows.moc"
