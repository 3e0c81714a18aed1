// A tokenizer that paints against a discriminator.
#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
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

MethodSpec vqgan(const std::vector<std::string>& settings = {}) {
    return expandRecipe(loadRecipe("vq-gan", {"classroom", settings}, resourcesFolder() / "recipes").root);
}

at::Tensor parameterOf(const Method& method, const std::string& name) { return method.named_parameters()[name]; }

at::Tensor gradientAt(const at::Tensor& parameter, const at::Tensor& loss) {
    return torch::autograd::grad({loss}, {parameter}, {}, /*retain_graph=*/true)[0];
}

bool isOf(const std::string& name, const std::string& part) { return name.compare(0, part.size(), part) == 0; }

}  // namespace

class TestAdversarialTokenizer : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(3); }
    void deceptionPullsAsHardAsPainting();
    void validationIsNotBalanced();
    void whatCannotBeBalancedIsRefused();
    void painterAndJudgeMoveApart();
    void picturesShowPaintingAndCodes();
};

/// Eq. 7: at the painter's last layer the weighted deception is as long as the painting, times its weight.
void TestAdversarialTokenizer::deceptionPullsAsHardAsPainting() {
    for (const double weight : {0.8, 0.1}) {
        const MethodSpec spec = vqgan({"objective.3.weight=" + std::to_string(weight)});
        QCOMPARE(spec.objectives[3].name, std::string("deception"));
        Method method(spec, Components(), 0);
        const MethodResult result = method.run({imagesFor(spec, 4)}, MaskPlan(), Signals(), {"painting", "deception"});
        const at::Tensor last = parameterOf(method, "head_painting.network.conv_out.weight");
        const at::Tensor painting = gradientAt(last, result.objectives[0].loss), both = gradientAt(last, result.loss);
        const double ratio = ((both - painting).norm() / painting.norm()).item<double>();
        QVERIFY2(std::abs(ratio - weight) < 1e-2 * weight, qPrintable(QString::number(ratio)));
        // It pulls towards higher verdicts.
        const at::Tensor verdicts = result.objectives[1].prediction;
        QVERIFY(((both - painting) * gradientAt(last, verdicts.mean())).sum().item<double>() < 0.0);
    }
}

void TestAdversarialTokenizer::validationIsNotBalanced() {
    const MethodSpec spec = vqgan();
    Method method(spec, Components(), 0);
    const EvaluationScope evaluating(method);
    const at::NoGradGuard noGrad;
    const MethodResult result = method.run({imagesFor(spec, 4)}, MaskPlan(), Signals(), {"painting", "deception"});
    const double expected = result.objectives[0].loss.item<double>() + spec.objectives[3].weight * result.objectives[1].loss.item<double>();
    QVERIFY(std::abs(result.loss.item<double>() - expected) < 1e-5);
}

void TestAdversarialTokenizer::whatCannotBeBalancedIsRefused() {
    QVERIFY_EXCEPTION_THROWN(vqgan({"objective.3.balance=painted picture"}), RecipeError);
    const MethodSpec spec = vqgan({"objective.4.balance=painting"});  // real pictures never went through the painter
    Method method(spec, Components(), 0);
    QVERIFY_EXCEPTION_THROWN(method.run({imagesFor(spec, 4)}, MaskPlan(), Signals()), RecipeError);
}

void TestAdversarialTokenizer::painterAndJudgeMoveApart() {
    const MethodSpec spec = vqgan();
    const Method method(spec, Components(), 0);
    for (const UpdateSpec& update : spec.updates) {
        const bool judges = update.networks.front() == "discriminator";
        for (const auto& [name, tensor] : method.trainable(update)) QVERIFY2(isOf(name, "discriminator.") == judges, name.c_str());
    }
    // The judge wants what it sees painted below 0, the painter above.
    Method trained(spec, Components(), 0);
    const MethodResult result = trained.run({imagesFor(spec, 4)}, MaskPlan(), Signals(), {"deception", "painted"});
    const at::Tensor last = parameterOf(trained, "discriminator.conv3.weight");
    const at::Tensor deceiving = gradientAt(last, result.objectives[0].loss), judging = gradientAt(last, result.objectives[1].loss);
    QVERIFY((deceiving * judging).sum().item<double>() < 0.0);
}

void TestAdversarialTokenizer::picturesShowPaintingAndCodes() {
    const MethodSpec spec = vqgan();
    Method method(spec, Components(), 0);
    const EvaluationScope evaluating(method);
    const at::NoGradGuard noGrad;
    const View view = imagesFor(spec, 2);
    const auto prediction = method.predict(view, MaskPlan());
    const MethodResult result = method.run({view}, MaskPlan(), Signals(), {"painting"});
    const ImageInput& input = spec.input.image("a test");
    QVERIFY(prediction->codes);
    QCOMPARE(prediction->pixels->sizes(), view.pixels().sizes());
    QVERIFY(at::allclose(patchify(fromUnitPixels(*prediction->pixels, input), input), result.objectives[0].prediction, 1e-4, 1e-5));
    QVERIFY(prediction->colors.defined());
}

MASKSCOPE_TEST(TestAdversarialTokenizer)
#include "tst_adversarial_tokenizer.moc"
