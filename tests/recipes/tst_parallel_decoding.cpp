// MaskGIT: hidden codes guessed from those on all sides, many at a time.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

#include <torch/torch.h>

#include <QtTest>

#include "core/files.h"
#include "recipes/evaluation_scope.h"
#include "recipes/method.h"
#include "recipes/recipe.h"
#include "support/image_views.h"
#include "support/test_main.h"
#include "tensor/patches.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

MethodSpec maskgit() { return expandRecipe(loadRecipe("maskgit", {"classroom", {}}, resourcesFolder() / "recipes").root); }

MaskPlan planOf(const at::Tensor& hidden) {
    MaskPlan plan;
    plan.add({.hidden = hidden});
    return plan;
}

}  // namespace

class TestParallelDecoding : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(8); }

    void everySampleHidesAnotherShare() {
        const MethodSpec spec = maskgit();
        const Method method(spec, Components(), 0);
        const at::Tensor counts = masksFor(method, imagesFor(spec, 64)).mask("hidden").hidden.sum(1);
        std::set<double> shares;
        for (std::int64_t i = 0; i < counts.size(0); ++i) shares.insert(counts[i].item<double>());
        QVERIFY2(shares.size() > 20, qPrintable(QString::number(shares.size())));
    }

    /// Guesses depend on visible codes before and behind them, and not on hidden ones.
    void codesAreGuessedFromAllSides() {
        const MethodSpec spec = maskgit();
        Method method(spec, Components(), 0);
        const EvaluationScope evaluating(method);
        const View view = imagesFor(spec, 1);
        const at::Tensor hidden = at::zeros({1, 64});
        hidden.slice(1, 24, 40).fill_(1.0);
        const auto guesses = [&](const View& seen) { return method.run({seen}, planOf(hidden), Signals(), {"codes"}).objectives[0].prediction; };
        const auto changed = [&](std::int64_t fromRow, std::int64_t toRow) {
            View other = view;
            other.tensors["pixels"] = view.pixels().clone();
            other.tensors["pixels"].slice(2, fromRow, toRow).copy_(at::rand({1, 3, toRow - fromRow, 32}).mul(2.0).sub(1.0));
            return other;
        };
        const at::Tensor before = guesses(view);
        QVERIFY(!at::equal(before, guesses(changed(0, 4))));
        QVERIFY(!at::equal(before, guesses(changed(28, 32))));
    }

    /// Sec. 3.2: of 64 hidden codes cos(pi t / 16) are still hidden after t of 8 rounds, and a round is one pass for all of them.
    void newPicturesTakeEightRounds() {
        const MethodSpec spec = maskgit();
        Method method(spec, Components(), 0);
        const EvaluationScope evaluating(method);
        std::vector<double> still;
        at::Tensor known, codes;
        const at::Tensor pictures = method.generate(2, 1, [&](const Decoding& now, const Method::Painting& paint) {
            still.push_back(now.hidden[0].sum().item<double>());
            if (known.defined() && !at::equal(codes.masked_select(known), now.codes.masked_select(known))) qFatal("a code that was kept has changed");
            known = now.hidden.logical_not();
            codes = now.codes;
            if (!paint().isfinite().all().item<bool>()) qFatal("a painting on the way is not finite");
            return true;
        });
        QCOMPARE(pictures.sizes().vec(), (std::vector<std::int64_t>{2, 3, 32, 32}));
        QCOMPARE(still.size(), std::size_t{8});
        for (std::size_t t = 1; t < 8; ++t) QCOMPARE(still[t - 1], std::floor(64.0 * std::cos(std::numbers::pi / 16.0 * static_cast<double>(t))));
        QCOMPARE(still[7], 0.0);
        QVERIFY(!at::equal(pictures, method.generate(2, 2)));
    }

    void whatIsVisibleStaysInThePictures() {
        const MethodSpec spec = maskgit();
        Method method(spec, Components(), 0);
        const EvaluationScope evaluating(method);
        const View view = imagesFor(spec, 2);
        const MaskPlan plan = masksFor(method, view);
        const auto prediction = method.predict(view, plan);
        View other = view;  // hidden pixels are not looked at
        other.tensors["pixels"] = at::where(patchesToPixels(plan.mask("hidden").hidden, spec.input.image("a test")).gt(0.5),
                                            at::full_like(view.pixels(), 0.3), view.pixels());
        QVERIFY(at::equal(*prediction->pixels, *method.predict(other, plan)->pixels));
        std::vector<std::string> names;
        for (const Depiction& depiction : prediction->depictions) names.push_back(depiction.name);
        for (const char* name : {"decoded-25", "decoded-50", "decoded-75", "target"})
            QVERIFY2(std::count(names.begin(), names.end(), name) == 1, name);
    }
};

MASKSCOPE_TEST(TestParallelDecoding)
#include "tst_parallel_decoding.moc"
