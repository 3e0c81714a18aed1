#include "tensor/mask_plan.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/error.h"
#include "tensor/corruption.h"

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

std::vector<std::int64_t> numbers(const at::Tensor& tensor) {
    const at::Tensor flat = tensor.to(at::kLong).contiguous();
    return {flat.const_data_ptr<std::int64_t>(), flat.const_data_ptr<std::int64_t>() + flat.numel()};
}

at::Tensor rows(std::vector<float> values, std::int64_t tokens) { return at::tensor(values).view({-1, tokens}); }

template <typename ErrorType, typename Action>
QString messageOf(Action action) {
    try {
        action();
    } catch (const ErrorType& error) {
        return QString::fromUtf8(error.what());
    }
    return QStringLiteral("no error");
}

using Numbers = std::vector<std::int64_t>;

}  // namespace

class TestMaskPlan : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void indicesAscendInEachSample() {
        const TokenSplit split = splitTokens(rows({1, 0, 1, 0, 0, 1, 0, 1}, 4), {});
        QCOMPARE(numbers(split.visible), (Numbers{1, 3, 0, 2}));
        QCOMPARE(numbers(split.hidden), (Numbers{0, 2, 1, 3}));
        QVERIFY(!split.visibleReal.defined());
        QVERIFY(!split.hiddenReal.defined());
        QCOMPARE(split.tokens, std::int64_t{4});
        QCOMPARE(split.visibleCount(), std::int64_t{2});
    }

    void unequalCountsArePadded() {
        const TokenSplit split = splitTokens(rows({1, 0, 0, 0, 0, 1, 1, 0}, 4), {});
        QCOMPARE(numbers(split.visible), (Numbers{1, 2, 3, 0, 3, 0}));
        QCOMPARE(numbers(split.visibleReal), (Numbers{1, 1, 1, 1, 1, 0}));
        QCOMPARE(numbers(split.hidden), (Numbers{0, 0, 1, 2}));
        QCOMPARE(numbers(split.hiddenReal), (Numbers{1, 0, 1, 1}));
    }

    void valuesAboveOneHalfAreHidden() {
        const TokenSplit split = splitTokens(rows({0.5F, 0.51F, 0.2F}, 3), {});
        QCOMPARE(numbers(split.hidden), Numbers{1});
        QCOMPARE(numbers(splitTokens(rows({0, 1, 0}, 3).to(at::kBool), {}).hidden), Numbers{1});
    }

    void paddingIsNeitherVisibleNorHidden() {
        const TokenSplit split = splitTokens(rows({1, 0, 1, 0}, 4), rows({1, 1, 0, 0}, 4).to(at::kBool));
        QCOMPARE(numbers(split.visible), Numbers{1});
        QCOMPARE(numbers(split.hidden), Numbers{0});
    }

    void emptySidesAreRefused() {
        const auto message = messageOf<ShapeError>([] { splitTokens(rows({1, 0, 0, 0}, 2), {}); });
        QVERIFY2(message.contains("sample 1") && message.contains("0 of 2 tokens are hidden"), qPrintable(message));
        QVERIFY_EXCEPTION_THROWN(splitTokens(rows({1, 1}, 2), {}), ShapeError);
        // Hidden only where padding is.
        QVERIFY_EXCEPTION_THROWN(splitTokens(rows({0, 0, 1}, 3), rows({1, 1, 0}, 3).to(at::kBool)), ShapeError);
        QVERIFY_EXCEPTION_THROWN(splitTokens(rows({0, 1}, 2), rows({1, 1, 1}, 3).to(at::kBool)), ShapeError);
        QVERIFY_EXCEPTION_THROWN(splitTokens(at::zeros({3}), {}), ShapeError);
    }

    void planFindsMasksByRole() {
        MaskPlan plan(2);
        Mask tokens, pixels;
        tokens.hidden = rows({1, 0, 0}, 3);
        pixels.hidden = rows({1, 1, 1, 1}, 4);
        pixels.role = "noise";
        pixels.space = MaskSpace::Pixel;
        plan.add(tokens);
        plan.add(pixels);
        QCOMPARE(plan.copies(), std::int64_t{2});
        QCOMPARE(plan.masks().size(), std::size_t{2});
        QVERIFY(plan.has("hidden"));
        QVERIFY(!plan.has("noise"));
        QCOMPARE(numbers(plan.split("hidden").visible), (Numbers{1, 2}));
        QCOMPARE(plan.mask("noise").hidden.size(1), std::int64_t{4});
        QVERIFY(messageOf<ShapeError>([&] { plan.mask("hiden"); }).contains("no mask of the role 'hiden'; the plan has 'hidden', 'noise'"));
        QVERIFY(messageOf<ShapeError>([&] { plan.split("noise"); }).contains("does not hide tokens"));
        QVERIFY(messageOf<ShapeError>([&] { plan.add(tokens); }).contains("two masks of the role 'hidden'"));
    }

    void theFirstCopiesAreAPlanOfTheirOwn() {
        MaskPlan plan(2);
        Mask mask;
        mask.hidden = at::tensor({1.F, 0.F, 0.F, 0.F, 1.F, 1.F, 0.F, 0.F, 1.F, 0.F, 1.F, 0.F}).view({4, 3});  // two samples, two masks each
        mask.extras["map"] = at::arange(12, at::kFloat).view({4, 3});
        plan.add(mask);
        const MaskPlan first = plan.firstCopies();
        QCOMPARE(first.copies(), 1);
        QVERIFY(at::equal(first.mask("hidden").hidden, mask.hidden.index_select(0, at::tensor({0L, 2L}, at::kLong))));
        QVERIFY(at::equal(first.mask("hidden").extras.at("map")[1], mask.extras.at("map")[2]));
        const TokenSplit split = first.split("hidden"), whole = plan.split("hidden");
        QVERIFY(at::equal(split.hidden, whole.hidden.index_select(0, at::tensor({0L, 2L}, at::kLong))));
        QCOMPARE(split.tokens, 3);
    }

    void corruptionsHaveNames() {
        for (const char* word : {"none", "drop", "token", "zero", "noise", "swap", "mix", "filter", "random"})
            QCOMPARE(corruptionName(corruptionKind(word)), std::string(word));
        QCOMPARE(corruptionKind("swap"), CorruptionKind::Swap);
        QCOMPARE(corruptionName(CorruptionPlace::Layer), std::string("layer"));
        QCOMPARE(messageOf<RecipeError>([] { corruptionKind("dorp"); }), QString("'dorp' is not a corruption; did you mean 'drop'?"));
    }
};

MASKSCOPE_TEST(TestMaskPlan)
#include "tst_mask_plan.moc"
