// MFM: what is hidden are frequencies of the whole image.
#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/files.h"
#include "recipes/evaluation_scope.h"
#include "recipes/method.h"
#include "recipes/recipe.h"
#include "support/image_views.h"
#include "support/test_main.h"
#include "tensor/frequencies.h"
#include "tensor/patches.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

MethodSpec mfm(const std::vector<std::string>& settings = {}) {
    return expandRecipe(loadRecipe("mfm", {"classroom", settings}, resourcesFolder() / "recipes").root);
}

View images(std::int64_t batch) {
    View view = imagesFor(mfm(), batch);
    view.tensors["pixels"] = at::randn_like(view.pixels()).mul(0.05);  // nothing of it ends at black or white
    return view;
}

at::Tensor predictionOf(Method& method, const View& view, const MaskPlan& plan) {
    return method.run({view}, plan, Signals()).objectives[0].prediction;
}

}  // namespace

class TestHiddenFrequencies : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(9); }

    void hiddenFrequenciesMoveNothingAndVisibleOnesDo() {
        const MethodSpec spec = mfm();
        Method method(spec, Components(), 0);
        const EvaluationScope evaluating(method);
        const View view = images(6);
        const MaskPlan plan = masksFor(method, view);
        const at::Tensor& hidden = plan.mask("hidden").hidden;
        const at::Tensor noise = at::randn_like(view.pixels()).mul(0.05), before = predictionOf(method, view, plan);
        View inHidden = view, inVisible = view;
        inHidden.tensors["pixels"] = view.pixels() + noise - withoutFrequencies(noise, hidden);
        inVisible.tensors["pixels"] = view.pixels() + withoutFrequencies(noise, hidden);
        QVERIFY(at::allclose(predictionOf(method, inHidden, plan), before, 1e-3, 1e-4));
        QVERIFY(!at::allclose(predictionOf(method, inVisible, plan), before, 1e-2, 1e-2));
    }

    void bothKindsOfFiltersAreDrawn() {
        Method method(mfm(), Components(), 0);
        const MaskPlan plan = masksFor(method, images(64));
        const at::Tensor lowest = plan.mask("hidden").hidden.select(1, 16 * 32 + 16);  // the mean of the image
        const double highPasses = lowest.sum().item<double>();
        QVERIFY2(highPasses > 18 && highPasses < 46, qPrintable(QString::number(highPasses)));
        Method lowPass(mfm({"mask.low_pass_share=1.0"}), Components(), 0);
        QCOMPARE(masksFor(lowPass, images(64)).mask("hidden").hidden.select(1, 16 * 32 + 16).sum().item<double>(), 0.0);
    }

    void theLossIsTheDistanceOfHiddenFrequencies() {
        Method method(mfm(), Components(), 0);
        const View view = images(3);
        const MaskPlan plan = masksFor(method, view);
        const MethodResult result = method.run({view}, plan, Signals());
        const at::Tensor hidden = plan.mask("hidden").hidden;
        const at::Tensor painted = method.predict(view, plan)->values, truth = spectrumOf(view.pixels());
        const at::Tensor distance = painted.sub(truth).unflatten(-1, {3, 2}).square().sum(-1).add(1e-12).sqrt().mean(-1);
        QVERIFY(at::allclose(result.loss, distance.mul(hidden).sum() / hidden.sum(), 1e-4, 1e-6));
    }

    void whatIsRestoredKeepsTheVisibleFrequencies() {
        const MethodSpec spec = mfm();
        Method method(spec, Components(), 0);
        const View view = images(3);
        const MaskPlan plan = masksFor(method, view);
        const auto prediction = method.predict(view, plan);
        const at::Tensor unit = toUnitPixels(view.pixels(), spec.input.image("")), hidden = plan.mask("hidden").hidden;
        const at::Tensor difference = withoutFrequencies(*prediction->pixels - unit, hidden);
        QVERIFY(difference.abs().max().item<double>() < 1e-4);
        QVERIFY((*prediction->pixels - unit).abs().max().item<double>() > 1e-2);
        QVERIFY(prediction->seenPixels.defined());
        QCOMPARE(prediction->depictions.size(), std::size_t{2});
    }

    void maskAndFilterNeedEachOther() {
        QVERIFY_THROWS_EXCEPTION(RecipeError, Method(mfm({"mask.space=token"}), Components(), 0));
        QVERIFY_THROWS_EXCEPTION(RecipeError, Method(mfm({"pass.0.corruption.kind=zero"}), Components(), 0));
        Method tooWide(mfm({"mask.radius=40"}), Components(), 0);
        QVERIFY_THROWS_EXCEPTION(ShapeError, masksFor(tooWide, images(1)));
    }
};

MASKSCOPE_TEST(TestHiddenFrequencies)
#include "tst_hidden_frequencies.moc"
