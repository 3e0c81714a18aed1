// Two images in one (MixMIM): what is mixed, what attends to what, what is taken apart again.
#include <torch/torch.h>

#include <QtTest>

#include "core/files.h"
#include "inference/leak_check.h"
#include "recipes/method.h"
#include "recipes/recipe.h"
#include "support/test_main.h"
#include "tensor/gather.h"
#include "tensor/hiding.h"
#include "tensor/patches.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kBatch = 4, kSide = 32;

MethodSpec specOf() { return expandRecipe(loadRecipe("mixmim", {"classroom", {}}, resourcesFolder() / "recipes").root); }

View viewOf(const at::Tensor& pixels, const MethodSpec& spec) {
    const ImageInput& input = spec.input.image("a test");
    View view;
    view.tensors["pixels"] = pixels;
    view.geometry = Geometry::grid(pixels.size(0), {input.gridRows(), input.gridColumns()});
    for (std::int64_t i = 0; i < pixels.size(0); ++i) view.sampleIds.push_back(i);
    return view;
}

MaskPlan planOf(const Method& method, const View& view) {
    MaskDraw draw{.seed = 1, .purpose = "mask", .step = 0, .samples = {}};
    for (std::int64_t i = 0; i < view.batch(); ++i) draw.samples.push_back(static_cast<std::uint64_t>(i));
    return method.drawMasks({view}, Signals(), draw);
}

}  // namespace

class TestMixture : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        torch::manual_seed(3);
        spec_ = specOf();
        method_ = std::make_unique<Method>(spec_, Components(), 0);
        method_->eval();
        pixels_ = at::randn({kBatch, 3, kSide, kSide});
        plan_ = planOf(*method_, viewOf(pixels_, spec_));
    }

    void halfOfEachShows() {
        const Mask &own = plan_.mask("hidden"), &partner = plan_.mask("partner");
        QVERIFY(at::equal(own.hidden.sum(1), at::full({kBatch}, 32.0F)));
        QVERIFY(at::equal(own.hidden + partner.hidden, at::ones_like(own.hidden)));
        QVERIFY(at::equal(own.source.select(1, 0), ownersOf(partner)));
        QVERIFY(ownersOf(partner).ne(at::arange(kBatch)).all().item<bool>());
        QVERIFY(at::equal(ownersOf(partner).index_select(0, ownersOf(partner)), at::arange(kBatch)));  // partners are partners of each other
    }

    void hiddenPlacesShowThePartner() {
        const ImageInput& input = spec_.input.image("a test");
        const at::Tensor mixed = mixedPixels(pixels_, plan_.mask("hidden"), input);
        const at::Tensor hidden = patchesToPixels(plan_.mask("hidden").hidden, input).gt(0.5).expand_as(pixels_);
        const at::Tensor partner = pixels_.index_select(0, ownersOf(plan_.mask("partner")));
        QVERIFY(at::equal(mixed.masked_select(hidden), partner.masked_select(hidden)));
        QVERIFY(at::equal(mixed.masked_select(hidden.logical_not()), pixels_.masked_select(hidden.logical_not())));
    }

    void theEncoderSeesTheMixture() {
        const torch::NoGradGuard noGrad;
        const MethodResult result = method_->run({viewOf(pixels_, spec_)}, plan_, Signals());
        const Features& features = result.passes.at("mixed");
        QVERIFY(!features.dropped);
        QCOMPARE(features.tokens.size(1), spec_.input.image("a test").patches());
        // Another partner moves the tokens where it shows, and no others.
        at::Tensor changed = pixels_.clone();
        changed.select(0, 2).copy_(at::randn_like(changed.select(0, 2)));  // the partner of sample 0
        const at::Tensor before = features.tokens[0], after = method_->run({viewOf(changed, spec_)}, plan_, Signals()).passes.at("mixed").tokens[0];
        const at::Tensor hidden = plan_.mask("hidden").hidden[0].gt(0.5), moved = before.sub(after).abs().amax(-1).gt(0.0);
        QVERIFY(at::equal(moved, hidden));  // a mask token in its place would not move; attention across would move the others
    }

    void nothingHiddenReachesEitherPrediction() {
        const View view = viewOf(pixels_, spec_);
        for (const LeakFinding& finding : findLeaks(*method_, {view}, plan_, Signals(), 5)) QCOMPARE(finding.change, 0.0);
        MethodSpec whole = spec_;
        whole.passes.front().corruption = {};
        Method leaking(whole, Components(), 0);
        for (const LeakFinding& finding : findLeaks(leaking, {view}, plan_, Signals(), 5)) QVERIFY(finding.leaks());
    }

    void bothAreReconstructed() {
        const torch::NoGradGuard noGrad;
        const ImageInput& input = spec_.input.image("a test");
        const MethodResult result = method_->run({viewOf(pixels_, spec_)}, plan_, Signals());
        const at::Tensor patches = patchify(pixels_, input.patchHeight, input.patchWidth);
        const at::Tensor own = takeTokens(patches, plan_.split("hidden").hidden),
                         partner = takeTokens(patches.index_select(0, ownersOf(plan_.mask("partner"))), plan_.split("partner").hidden);
        QVERIFY(at::equal(result.objectives[0].target, own));
        QVERIFY(at::equal(result.objectives[1].target, partner));
        const double expected = 0.5 * (result.objectives[0].prediction - own).square().mean().item<double>() +
                                0.5 * (result.objectives[1].prediction - partner).square().mean().item<double>();
        QVERIFY(std::abs(result.loss.item<double>() - expected) < 1e-5);
        // Each prediction follows its own image: what shows of sample 0 in its row, and in its partner's row.
        at::Tensor changed = pixels_.clone();
        changed.select(0, 0).neg_();
        const MethodResult again = method_->run({viewOf(changed, spec_)}, plan_, Signals());
        for (const int i : {0, 1}) {
            const at::Tensor moved = (again.objectives[i].prediction - result.objectives[i].prediction).abs().amax({1, 2}).gt(0.0);
            const std::int64_t row = i == 0 ? 0 : 2;
            for (std::int64_t b = 0; b < kBatch; ++b) QCOMPARE(moved[b].item<bool>(), b == row);
        }
    }

    void theTwoAreShownApart() {
        const torch::NoGradGuard noGrad;
        const ImageInput& input = spec_.input.image("a test");
        const auto answer = method_->predict(viewOf(pixels_, spec_), plan_);
        QVERIFY(answer && answer->pixels);
        const auto picture = [&](const std::string& name) {
            for (const Depiction& depiction : answer->depictions)
                if (depiction.name == name) return depiction.colors;
            return at::Tensor();
        };
        QVERIFY(picture("mixture").defined() && picture("partner").defined());
        const at::Tensor shown = toUnitPixels(mixedPixels(pixels_, plan_.mask("hidden"), input), input).add(1.0).mul(0.5).clamp(0.0, 1.0);
        QVERIFY(at::allclose(picture("mixture"), shown));
        const at::Tensor visible = patchesToPixels(plan_.mask("hidden").hidden, input).gt(0.5).expand_as(shown);  // of the partner
        QVERIFY(at::allclose(picture("partner").masked_select(visible), shown.masked_select(visible)));
    }

    void aBrushedMaskWithoutPartnerWorks() {
        const torch::NoGradGuard noGrad;
        Mask mask = plan_.mask("hidden");
        mask.source = at::Tensor();
        MaskPlan plan;
        plan.add(mask);
        const auto answer = method_->predict(viewOf(pixels_, spec_), plan), with = method_->predict(viewOf(pixels_, spec_), plan_);
        QVERIFY(at::equal(*answer->pixels, *with->pixels));  // what stands in the hidden places moves nothing
    }

private:
    MethodSpec spec_;
    std::unique_ptr<Method> method_;
    at::Tensor pixels_;
    MaskPlan plan_;
};

MASKSCOPE_TEST(TestMixture)
#include "tst_mixture.moc"
