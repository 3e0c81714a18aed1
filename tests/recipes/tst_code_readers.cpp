// Networks that read what another part of the method made: codes of a tokenizer, or a painting.
#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/files.h"
#include "core/toml.h"
#include "recipes/evaluation_scope.h"
#include "recipes/method.h"
#include "recipes/recipe.h"
#include "support/image_views.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

MethodSpec igpt() { return expandRecipe(loadRecipe("igpt", {"classroom", {"input.size=8"}}, resourcesFolder() / "recipes").root); }

/// A painter, and a critic that sees its painting.
constexpr const char* kPainterAndCritic = R"(
    schema = 1
    id = "critic"
    input = { kind = "image", size = [8, 8], patch = [4, 4] }
    network = [
        { id = "painter", kind = "vit", width = 16, depth = 1, heads = 2 },
        { id = "critic", kind = "vit", width = 8, depth = 1, heads = 2 },
    ]
    pass = [{ id = "main", network = "painter" }, { id = "judged", network = "critic", painted_by = "painting" }]
    [[objective]]
    name = "painting"
    pass = "main"
    target = { kind = "pixel" }
    head = { kind = "linear" }
    loss = { kind = "mse", on = "all" }
    [[objective]]
    name = "judgement"
    pass = "judged"
    target = { kind = "pixel" }
    head = { kind = "linear" }
    loss = { kind = "mse", on = "all" }
)";

}  // namespace

class TestCodeReaders : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(8); }

    void aPixelIsPredictedFromThoseBeforeItAlone() {
        const MethodSpec spec = igpt();
        Method method(spec, Components(), 0);
        const EvaluationScope evaluating(method);
        const View view = imagesFor(spec, 2);
        View other = view;
        constexpr std::int64_t kRow = 3;  // from here on the image is another one
        other.tensors["pixels"] = view.pixels().clone();
        other.tensors["pixels"].slice(2, kRow).copy_(at::rand_like(view.pixels().slice(2, kRow)).mul(2.0).sub(1.0));
        const MaskPlan plan = masksFor(method, view);
        const at::Tensor before = method.run({view}, plan, Signals(), {"codes"}).objectives[0].prediction;
        const at::Tensor after = method.run({other}, plan, Signals(), {"codes"}).objectives[0].prediction;
        const std::int64_t place = kRow * spec.input.image("").gridColumns();
        QVERIFY(at::equal(before.narrow(1, 0, place + 1), after.narrow(1, 0, place + 1)));
        QVERIFY(!at::equal(before.narrow(1, place + 1, 1), after.narrow(1, place + 1, 1)));
    }

    void codesAreThoseOfTheTokenizer() {
        const MethodSpec spec = igpt();
        Method method(spec, Components(), 0);
        const View view = imagesFor(spec, 1);
        const MethodResult result = method.run({view}, masksFor(method, view), Signals(), {"codes"});
        const at::Tensor& colors = result.passes.at("codes").vocabulary;
        const at::Tensor pixel = view.pixels()[0].select(1, 3).select(1, 2);
        const std::int64_t nearest = colors.sub(pixel).square().sum(1).argmin().item<std::int64_t>();
        QCOMPARE(result.objectives[0].target[0][3 * 8 + 2].item<std::int64_t>(), nearest);
        QCOMPARE(result.passes.at("main").seen[0][3 * 8 + 2].item<std::int64_t>(), nearest);
    }

    void picturesAreContinuedStepByStep() {
        const MethodSpec spec = igpt();
        Method method(spec, Components(), 0);
        const EvaluationScope evaluating(method);
        const View view = imagesFor(spec, 2);
        const MaskPlan plan = masksFor(method, view);
        const auto prediction = method.predict(view, plan);
        QVERIFY(prediction && prediction->pixels && !prediction->visibleLearned);
        std::vector<std::string> names;
        for (const Depiction& depiction : prediction->depictions) names.push_back(depiction.name);
        for (const char* name : {"decoded-25", "decoded-50", "decoded-75"}) QVERIFY2(std::count(names.begin(), names.end(), name) == 1, name);

        View other = view;  // what is hidden is not looked at
        other.tensors["pixels"] = view.pixels().clone();
        other.tensors["pixels"].slice(2, 4).fill_(0.3);
        QVERIFY(at::equal(*prediction->pixels, *method.predict(other, plan)->pixels));
    }

    void newPicturesAreMadeOfNothing() {
        Method method(igpt(), Components(), 0);
        const EvaluationScope evaluating(method);
        std::int64_t steps = 0;
        const auto count = [&](const Decoding&, const Method::Painting&) { return ++steps > 0; };
        const at::Tensor pictures = method.generate(2, 1, count);
        QCOMPARE(pictures.sizes().vec(), (std::vector<std::int64_t>{2, 3, 8, 8}));
        QCOMPARE(steps, std::int64_t{64});
        QVERIFY(at::equal(pictures, method.generate(2, 1)));
        QVERIFY(!at::equal(pictures, method.generate(2, 2)));
        QVERIFY(!at::equal(pictures[0], pictures[1]));
        Method mae(expandRecipe(loadRecipe("mae", {"classroom", {}}, resourcesFolder() / "recipes").root), Components(), 0);
        QVERIFY_THROWS_EXCEPTION(UsageError, mae.generate(1, 1));
    }

    void thePaletteBecomesTheCentresOfTheColors() {
        const MethodSpec spec = igpt();
        Method method(spec, Components(), 0);
        const at::Tensor colors = at::tensor({0.8F, -0.6F, -0.6F, -0.5F, 0.7F, 0.1F, -0.9F, -0.9F, 0.9F}).view({3, 3});
        View view = imagesFor(spec, 4);
        view.tensors["pixels"] = colors.index_select(0, at::randint(3, {4 * 64}, at::kLong)).view({4, 8, 8, 3}).permute({0, 3, 1, 2}).contiguous();
        torch::optim::Adam optimizer({method.trainable(spec.updates[0])[0].second}, torch::optim::AdamOptions(2e-3));
        double loss = 1.0;
        for (int step = 0; step < 200; ++step) {
            optimizer.zero_grad();
            const MethodResult result = method.run({view}, masksFor(method, view), Signals(), {"painting", "even_use"});
            loss = result.objectives[0].loss.item<double>();
            result.loss.backward();
            optimizer.step();
        }
        QVERIFY2(loss < 0.005, qPrintable(QString::number(loss)));
    }

    void aPaintingIsSeenWithGradientsToThePainter() {
        Method method(expandRecipe(parseToml(kPainterAndCritic, "critic.toml")), Components(), 0);
        const View view = imagesFor(method.spec(), 2);
        const MethodResult result = method.run({view}, MaskPlan(), Signals());
        const at::Tensor painting = result.answers.at("painting");
        const auto gradient = torch::autograd::grad({result.objectives[1].loss}, {painting});
        QVERIFY(gradient[0].abs().sum().item<double>() > 0.0);
    }

    void sourcesThatCannotBeAreRefused() {
        const auto refuse = [](const std::string& from, const std::string& to) {
            std::string toml = kPainterAndCritic;
            toml.replace(toml.find(from), from.size(), to);
            return Method(expandRecipe(parseToml(toml, "critic.toml")), Components(), 0);
        };
        QVERIFY_THROWS_EXCEPTION(RecipeError, refuse("painted_by = \"painting\"", "painted_by = \"paintin\""));
        QVERIFY_THROWS_EXCEPTION(RecipeError, refuse("painted_by = \"painting\"", "painted_by = \"judgement\""));
        QVERIFY_THROWS_EXCEPTION(RecipeError, refuse("painted_by = \"painting\"", "painted_by = \"painting\", codes_of = \"main\""));
        QVERIFY_THROWS_EXCEPTION(RecipeError, refuse("painted_by = \"painting\"", "codes_of = \"main\""));  // a ViT reads no codes
    }
};

MASKSCOPE_TEST(TestCodeReaders)
#include "tst_code_readers.moc"
