#include "recipes/method.h"

#include <torch/torch.h>

#include <QtTest>

#include <map>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "core/toml.h"
#include "families/family.h"
#include "interop/saved_tensors.h"
#include "interop/weights.h"
#include "layers/noise.h"
#include "recipes/category.h"
#include "recipes/recipe.h"
#include "support/recipe_samples.h"
#include "support/test_main.h"
#include "tensor/gather.h"
#include "tensor/patches.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

const std::string kTwoViews = R"(
schema = 1
id = "general"
[input]
size = [8, 8]
patch = [4, 4]
[[view]]
name = "one"
[[view]]
name = "two"
[[mask]]
strategy = "random"
ratio = 0.5
view = "one"
role = "first"
copies = 2
[[mask]]
strategy = "grid"
ratio = 0.5
view = "two"
role = "second"
[[network]]
id = "student"
kind = "vit"
width = 8
depth = 1
heads = 1
[[network]]
id = "teacher"
ema_of = "student"
kind = "vit"
width = 8
depth = 1
heads = 1
[[pass]]
id = "masked"
network = "student"
view = "one"
corruption = { kind = "drop", role = "first" }
[[pass]]
id = "other"
network = "student"
view = "two"
corruption = { kind = "token", role = "second" }
[[pass]]
id = "whole"
network = "teacher"
view = "one"
gradient = false
[[objective]]
name = "a"
pass = "masked"
role = "first"
target = { kind = "pixel" }
head = { kind = "transformer", width = 8, depth = 1, heads = 1 }
loss = { kind = "mse" }
[[objective]]
name = "b"
pass = "other"
role = "second"
weight = 0.5
target = { kind = "pixel", normalize = true }
head = { kind = "linear" }
loss = { kind = "l1", on = "all" }
[[objective]]
name = "c"
pass = "whole"
role = "first"
target = { kind = "pixel" }
head = { kind = "linear" }
loss = { kind = "smooth_l1", on = "all" }
)";

std::string messageOf(const std::string& id, const std::vector<std::string>& settings) {
    try {
        const Method method(expandRecipe(loadRecipe(id, {"", settings}, resourcesFolder() / "recipes").root), Components(), 0);
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

class TestMethod : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyShippedRecipeTakesAStep_data();
    void everyShippedRecipeTakesAStep();
    void everyShippedScaleComposes_data() { everyShippedRecipeTakesAStep_data(); }
    void everyShippedScaleComposes();
    void categoriesAreDerived_data() { everyShippedRecipeTakesAStep_data(); }
    void categoriesAreDerived();
    void theGeneralFormRuns();
    void permutingTheBatchPermutesTheResult();
    void impossiblePairsAreRefusedWithASentence_data();
    void impossiblePairsAreRefusedWithASentence();
    void lossesEqualTheReferenceImplementations_data();
    void lossesEqualTheReferenceImplementations();
    void predictedPixelsReadNoHiddenPixel();
    void guessedCodesArePaintedWithoutHiddenPixels();
    void perfectPredictionsCostNothing();
};

void TestMethod::everyShippedRecipeTakesAStep_data() {
    QTest::addColumn<QString>("id");
    for (const auto& [id, file] : listRecipes(resourcesFolder() / "recipes")) QTest::newRow(id.c_str()) << QString::fromStdString(id);
}

void TestMethod::everyShippedRecipeTakesAStep() {
    QFETCH(QString, id);
    const MethodSpec spec = expandRecipe(fittedRecipe(id.toStdString(), "classroom"));
    QCOMPARE(spec.id, id.toStdString());
    QVERIFY(!spec.paper.empty() && !spec.summary.empty() && !spec.name.empty());
    Method method(spec, Components(), 0);
    const std::vector<View> views = madeViews(spec, 4);
    const NoiseScope noise(RandomStream(1, "noise"));
    const MethodResult result = method.run(views, method.drawMasks(views, method.lookAhead(views, Signals()), drawOf(4)), Signals());
    result.loss.backward();
    QVERIFY(std::isfinite(result.loss.item<double>()));
    for (const auto& item : method.named_parameters()) {
        if (!item.value().requires_grad()) continue;  // of a moving average
        QVERIFY2(item.value().grad().defined(), item.key().c_str());
        QVERIFY2(item.value().grad().isfinite().all().item<bool>(), item.key().c_str());
    }
}

void TestMethod::everyShippedScaleComposes() {
    QFETCH(QString, id);
    for (const char* scale : {"classroom", "laptop", "paper"}) {
        const MethodSpec spec = expandRecipe(fittedRecipe(id.toStdString(), scale));
        const Components components;
        const bool ofCodes = !spec.passes.front().codesOf.empty();
        const InputSpec input = ofCodes ? InputSpec{TextInput::codes(8, spec.input.image("").patches())} : spec.input;
        QVERIFY(components.encoders.make(spec.networks.front().component, "encoder", "kind", input)->depth() > 0);
    }
}

void TestMethod::categoriesAreDerived() {
    QFETCH(QString, id);
    const MethodSpec spec = expandRecipe(loadRecipe(id.toStdString(), {}, resourcesFolder() / "recipes").root);
    if (spec.id == "decoder") QSKIP("a tool for checkpoints, no method of the survey");
    // as the survey's table has them; what differs there stands in the recipe, with the reason
    const std::map<std::string, std::string> survey{{"mae", "BTPM"},           {"simmim", "BTPM"},       {"bert", "BTTM"},
                                                    {"data2vec-text", "BTFM"}, {"graphmae", "B-GNN-FM"}, {"attrmasking", "B-GNN-TM"},
                                                    {"maskfeat", "BTFM"},      {"ibot", "BTTM"},         {"msn", "BTFC"},
                                                    {"i-jepa", "ATPM"},        {"data2vec2", "ATFM"},    {"attmask", "ATFM"},
                                                    {"hpm", "ATPM"},           {"convnext-v2", "BCPM"},  {"spark", "BCPM"},
                                                    {"beit", "BTTM"},          {"dvae", "tokenizer"},    {"igpt", "BTTM"},
                                                    {"mfm", "BCFM"},           {"vq-gan", "tokenizer"},  {"maskgit", "BTTM"},
                                                    {"adios", "ATPM"},         {"mixmim", "ATPM"}};
    const std::set<std::string> exceptions{"graphmae", "attrmasking", "ibot", "i-jepa", "attmask", "data2vec2", "dvae", "mfm", "vq-gan", "adios"};
    QVERIFY2(survey.contains(spec.id), "add the survey's category of the new recipe");
    QCOMPARE(spec.surveyCategory.empty(), !exceptions.contains(spec.id));
    QCOMPARE(spec.note.empty(), !exceptions.contains(spec.id));
    QCOMPARE(spec.surveyCategory.empty() ? deriveCategory(spec, Components()) : spec.surveyCategory, survey.at(spec.id));
    QVERIFY(spec.surveyCategory != deriveCategory(spec, Components()));
    const std::set<std::string> autoregressive{"igpt", "maskgit"};
    QCOMPARE(spec.type, std::string(autoregressive.contains(spec.id) ? "AR" : "AE"));
}

void TestMethod::theGeneralFormRuns() {
    const MethodSpec spec = expandRecipe(parseToml(kTwoViews, "general"));
    Method method(spec, Components(), 3);
    const std::vector<View> views{viewOf(at::randn({3, 3, 8, 8}), spec.input.image("a test"), "one"),
                                  viewOf(at::randn({3, 3, 8, 8}), spec.input.image("a test"), "two")};
    const MaskPlan plan = method.drawMasks(views, Signals(), drawOf(3));
    QCOMPARE(plan.copies(), 2);
    QCOMPARE(plan.mask("first").hidden.size(0), 6);
    const MethodResult result = method.run(views, plan, Signals());
    QCOMPARE(result.objectives.size(), std::size_t{3});
    QCOMPARE(result.passes.at("masked").tokens.size(0), 6);
    const double expected =
        result.objectives[0].loss.item<double>() + 0.5 * result.objectives[1].loss.item<double>() + result.objectives[2].loss.item<double>();
    QVERIFY(std::abs(result.loss.item<double>() - expected) < 1e-5);
    result.loss.backward();
    QVERIFY(!result.passes.at("whole").tokens.requires_grad());
    const auto student = method.networkParameters("student"), teacher = method.networkParameters("teacher");
    for (std::size_t i = 0; i < teacher.size(); ++i) {
        const at::Tensor& follower = teacher[i].second;
        QVERIFY(!follower.requires_grad());
        const auto same = std::find_if(student.begin(), student.end(), [&](const auto& item) { return item.first == teacher[i].first; });
        QVERIFY(at::equal(same->second, follower));  // starts equal
    }
    QCOMPARE(method.run(views, plan, Signals(), {"b"}).objectives.size(), std::size_t{1});
}

void TestMethod::permutingTheBatchPermutesTheResult() {
    const MethodSpec spec = expandRecipe(loadRecipe("mae", {"classroom", {}}, resourcesFolder() / "recipes").root);
    Method method(spec, Components(), 0);
    const at::Tensor pixels = at::randn({3, 3, 32, 32});
    const at::Tensor order = at::tensor({2, 0, 1}, at::kLong);
    const std::vector<View> views{viewOf(pixels, spec.input.image("a test"))},
        permuted{viewOf(pixels.index_select(0, order), spec.input.image("a test"))};
    MaskPlan plan = method.drawMasks(views, Signals(), drawOf(3)), permutedPlan;
    Mask mask;
    mask.hidden = plan.mask("hidden").hidden.index_select(0, order);
    permutedPlan.add(std::move(mask));
    const auto a = method.run(views, plan, Signals()), b = method.run(permuted, permutedPlan, Signals());
    QVERIFY(at::allclose(a.objectives[0].prediction.index_select(0, order), b.objectives[0].prediction, 1e-4, 1e-5));
    QVERIFY(at::allclose(a.loss, b.loss, 1e-5, 1e-6));
}

void TestMethod::impossiblePairsAreRefusedWithASentence_data() {
    QTest::addColumn<QStringList>("settings");
    QTest::addColumn<QString>("expected");
    QTest::newRow("a linear head on a dropping encoder") << QStringList{"objective.head.kind=linear"} << "choose head 'transformer'";
    QTest::newRow("heads that do not divide the width")
        << QStringList{"encoder.heads=7"} << "encoder.heads of encoder 'vit' is 7, expected a divisor of the width 192";
    QTest::newRow("sparse convolutions in a transformer")
        << QStringList{"encoder.sees=sparse"} << "encoder 'vit' cannot honour the corruption 'sparse'";
    QTest::newRow("a pyramid without maps") << QStringList{"objective.head.kind=pyramid"} << "choose encoder 'resnet' or 'convnext_v2'";
    QTest::newRow("an unknown encoder") << QStringList{"encoder.kind=vitt"} << "there is no encoder 'vitt'; did you mean 'vit'?";
    QTest::newRow("an unknown mask key") << QStringList{"mask.ratoi=0.5"} << "mask.ratoi is not a parameter of mask 'random'; did you mean 'ratio'?";
    QTest::newRow("a ratio of zero") << QStringList{"mask.ratio=0"} << "is 0, expected 0 < x < 1";
    QTest::newRow("a ratio of one") << QStringList{"mask.ratio=1"} << "is 1, expected 0 < x < 1";
    QTest::newRow("a ratio above one") << QStringList{"mask.ratio=1.5"} << "is 1.5, expected 0 < x < 1";
    QTest::newRow("sine-cosine positions on an odd width") << QStringList{"encoder.width=6", "encoder.heads=1"} << "expected a multiple of 4";
}

void TestMethod::impossiblePairsAreRefusedWithASentence() {
    QFETCH(QStringList, settings);
    QFETCH(QString, expected);
    std::vector<std::string> list;
    for (const QString& setting : settings) list.push_back(setting.toStdString());
    const std::string message = messageOf("mae", list);
    QVERIFY2(message.find(expected.toStdString()) != std::string::npos, message.c_str());
}

void TestMethod::lossesEqualTheReferenceImplementations_data() {
    QTest::addColumn<QString>("name");
    QTest::newRow("RGB, plain pixels") << "vit_mae_1_base";
    QTest::newRow("grey, normalised pixels, ratio 0.6, new decoder names") << "vit_mae_2_normpix_gray";
    QTest::newRow("four channels, ratio 0.9, wide decoder") << "vit_mae_3_rgba_wide_decoder";
}

void TestMethod::lossesEqualTheReferenceImplementations() {
    QFETCH(QString, name);
    const std::filesystem::path folder = std::filesystem::path(qgetenv("MASKSCOPE_SOURCE_DIR").toStdString()) / "tests/parity" / name.toStdString();
    const ForeignModel model = *openFamilyModel(folder / "model").model->asMethod({});
    const MethodSpec spec = expandRecipe(model.recipe);
    Method method(spec, Components(), 0);
    copySaved(method.namedState(), model.weights, "model");
    method.eval();
    const torch::NoGradGuard noGrad;
    const Weights inputs = openWeights(folder / "inputs.safetensors"), expected = openWeights(folder / "expected.safetensors");
    const at::Tensor noise = inputs.tensor("noise");
    Mask mask;
    mask.hidden = expected.tensor("mask");
    const double ratio = spec.masks.front().strategy.find("ratio")->asNumber();
    const auto visible = static_cast<std::int64_t>(static_cast<double>(noise.size(1)) * (1.0 - ratio));
    QCOMPARE(static_cast<std::int64_t>((1 - mask.hidden).sum().item<double>()), visible * noise.size(0));
    MaskPlan plan;
    plan.add(std::move(mask));
    const std::vector<View> views{viewOf(inputs.tensor("pixel_values"), spec.input.image("a test"))};
    const MethodResult result = method.run(views, plan, Signals());
    const double reference = expected.tensor("loss").item<double>();
    QVERIFY2(std::abs(result.loss.item<double>() - reference) < 1e-5 * std::abs(reference),
             qPrintable(QString("%1 and %2").arg(result.loss.item<double>()).arg(reference)));
    const at::Tensor logits = takeTokens(expected.tensor("logits"), plan.split("hidden").hidden);
    QVERIFY(at::allclose(result.objectives[0].prediction, logits, 1e-4, 1e-5));
}

void TestMethod::predictedPixelsReadNoHiddenPixel() {
    for (const char* normalize : {"true", "false"}) {
        const MethodSpec spec = expandRecipe(
            loadRecipe("mae", {"classroom", {std::string("objective.target.normalize=") + normalize}}, resourcesFolder() / "recipes").root);
        Method method(spec, Components(), 0);
        method.eval();
        const torch::NoGradGuard noGrad;
        const at::Tensor pixels = at::randn({2, 3, 32, 32});
        const std::vector<View> views{viewOf(pixels, spec.input.image("a test"))};
        const MaskPlan plan = method.drawMasks(views, Signals(), drawOf(2));
        const at::Tensor hidden = patchesToPixels(plan.mask("hidden").hidden, spec.input.image("a test"));
        const View changed = viewOf(at::where(hidden > 0.5, at::full_like(pixels, 9.0), pixels), spec.input.image("a test"));
        const auto honest = method.predict(views.front(), plan), again = method.predict(changed, plan);
        QVERIFY(at::equal(*honest->pixels, *again->pixels));
        QCOMPARE(honest->leaking.has_value(), std::string(normalize) == "true");
        if (honest->leaking) QVERIFY(!at::equal(*honest->leaking, *again->leaking));  // that is why it is labelled
    }
}

void TestMethod::guessedCodesArePaintedWithoutHiddenPixels() {
    const MethodSpec spec = expandRecipe(loadRecipe("beit", {"classroom", {}}, resourcesFolder() / "recipes").root);
    const ImageInput& input = spec.input.image("a test");
    Method method(spec, Components(), 0);
    method.eval();
    const torch::NoGradGuard noGrad;
    const at::Tensor pixels = at::randn({2, 3, 32, 32});
    const View view = viewOf(pixels, input);
    const MaskPlan plan = method.drawMasks({view}, Signals(), drawOf(2));
    const at::Tensor hidden = patchesToPixels(plan.mask("hidden").hidden, input).gt(0.5);
    const auto prediction = method.predict(view, plan),
               again = method.predict(viewOf(at::where(hidden, at::full_like(pixels, 9.0), pixels), input), plan);
    QVERIFY(!method.predictsPixels());  // they are for pictures alone: pixels are no objective of the network that guesses
    QVERIFY(prediction->codes);
    QCOMPARE(prediction->pixels->sizes(), pixels.sizes());
    QVERIFY(at::equal(prediction->values, again->values));
    QVERIFY(at::equal(*prediction->pixels, *again->pixels));
    // The targets are codes of the whole picture.
    const MethodResult whole = method.run({view}, plan, Signals(), {"codes"}),
                       changed = method.run({viewOf(at::where(hidden, -pixels, pixels), input)}, plan, Signals(), {"codes"});
    QVERIFY(!at::equal(whole.objectives[0].target, changed.objectives[0].target));
}

void TestMethod::perfectPredictionsCostNothing() {
    const MethodSpec spec = expandRecipe(loadRecipe("mae", {"classroom", {}}, resourcesFolder() / "recipes").root);
    const Components components;
    const at::Tensor pixels = at::randn({2, 3, 32, 32});
    const View view = viewOf(pixels, spec.input.image("a test"));
    for (const char* normalize : {"true", "false"}) {
        const auto target = components.targets.make(parseToml(std::string("kind = \"pixel\"\nnormalize = ") + normalize, "t"), "target", "kind",
                                                    TargetContext{spec.input});
        const at::Tensor truth = target->compute({view});
        for (const char* kind : {"mse", "l1", "smooth_l1", "scaled_cosine"}) {
            const auto loss = components.losses.make(parseToml(std::string("kind = \"") + kind + "\"", "l"), "loss", "kind");
            QVERIFY(std::abs(loss->compute({truth, truth, {}}).item<double>()) < 1e-9);
            QVERIFY(loss->compute({truth + 1, truth, {}}).item<double>() > 0.0);
        }
        const auto back = target->toUnitPixels(truth, view, at::ones({2, 64}), PatchStatistics::True);
        QVERIFY(at::allclose(unpatchify(*back, spec.input.image("a test")), toUnitPixels(pixels, spec.input.image("a test")), 1e-4, 1e-4));
    }
}

MASKSCOPE_TEST(TestMethod)
#include "tst_method.moc"
