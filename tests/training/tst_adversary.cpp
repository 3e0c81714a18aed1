// Masks that one network draws against another (ADIOS).
#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/files.h"
#include "recipes/method.h"
#include "recipes/occlusion.h"
#include "recipes/recipe.h"
#include "support/test_main.h"
#include "training/step.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kBatch = 4;

MethodSpec specOf(const std::vector<std::string>& settings = {}) {
    return expandRecipe(loadRecipe("adios", {"classroom", settings}, resourcesFolder() / "recipes").root);
}

std::vector<View> viewsOf(const MethodSpec& spec) {
    const ImageInput& input = spec.input.image("a test");
    std::vector<View> views;
    for (const ViewSpec& wanted : spec.views) {
        View& view = views.emplace_back();
        view.name = wanted.name;
        view.tensors["pixels"] = at::randn({kBatch, input.channels, input.height, input.width});
        view.geometry = Geometry::grid(kBatch, {input.gridRows(), input.gridColumns()});
        for (std::int64_t i = 0; i < kBatch; ++i) view.sampleIds.push_back(i);
    }
    return views;
}

MaskPlan planOf(const Method& method, const std::vector<View>& views) { return method.drawMasks(views, Signals(), trainingDraw(1, 0, 0, kBatch)); }

/// Gradients of a scalar with respect to one network, one after another.
at::Tensor slopes(const Method& method, const std::string& network, const at::Tensor& value) {
    std::vector<at::Tensor> parameters, flat;
    for (const auto& [name, tensor] : method.networkParameters(network)) parameters.push_back(tensor);
    for (const at::Tensor& slope : torch::autograd::grad({value}, parameters, {}, true)) flat.push_back(slope.flatten());
    return at::cat(flat);
}

at::Tensor lossOf(const MethodResult& result, const std::string& name) {
    for (const ObjectiveResult& outcome : result.objectives)
        if (outcome.name == name) return outcome.loss;
    return {};
}

at::Tensor weightsOf(const Method& method, const std::string& network) {
    std::vector<at::Tensor> flat;
    for (const auto& [name, tensor] : method.networkParameters(network)) flat.push_back(tensor.detach().flatten().clone());
    return at::cat(flat);
}

}  // namespace

class TestAdversary : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(5); }

    void masksOfASampleCoverEveryPixelOnce() {
        const MethodSpec spec = specOf();
        Method method(spec, Components(), 0);
        const std::vector<View> views = viewsOf(spec);
        const MethodResult result = method.run(views, planOf(method, views), Signals());
        const at::Tensor masks = occlusions(result.passes.at("drawing"));
        QCOMPARE(masks.sizes(), (at::IntArrayRef{kBatch, spec.maskCopies, 32 * 32}));
        QVERIFY(at::allclose(masks.sum(1), at::ones({kBatch, 32 * 32})));
        QCOMPARE(result.passes.at("occluded").tokens.size(0), kBatch * spec.maskCopies);
    }

    void theEncoderSeesWhatTheMasksLeave() {
        const MethodSpec spec = specOf();
        Method method(spec, Components(), 0);
        std::vector<View> views = viewsOf(spec);
        const MaskPlan plan = planOf(method, views);
        const MethodResult result = method.run(views, plan, Signals(), {"agreement"});
        // The first mask, laid over the image by hand, and nothing hidden.
        const at::Tensor mask = occlusions(result.passes.at("drawing")).select(1, 0).view({kBatch, 1, 32, 32});
        View dimmed = views.front();
        dimmed.tensors["pixels"] = views.back().pixels() * (1 - mask);
        const at::Tensor expected = method.features(dimmed, MaskPlan(), {}).tokens;
        QVERIFY(at::allclose(result.passes.at("occluded").tokens.slice(0, 0, std::nullopt, spec.maskCopies), expected, 1e-4, 1e-5));
    }

    void theAdversaryClimbsWhatTheEncoderDescends() {
        const MethodSpec spec = specOf();
        Method method(spec, Components(), 0);
        const std::vector<View> views = viewsOf(spec);
        const MaskPlan plan = planOf(method, views);
        const UpdateSpec &encoder = spec.updates[0], &adversary = spec.updates[1];
        const MethodResult result = method.run(views, plan, Signals());
        const at::Tensor shared = slopes(method, "occluder", lossOf(result, "agreement")),
                         penalty = slopes(method, "occluder", lossOf(result, "sparsity"));
        QVERIFY(shared.abs().max().item<double>() > 0.0);  // reaches it through the soft masks
        QVERIFY(penalty.abs().max().item<double>() > 0.0);
        const at::Tensor own = slopes(method, "occluder", method.lowered(adversary, result));
        const double weight = spec.objectives[1].weight;
        QVERIFY(at::allclose(own, penalty * weight - shared, 1e-4, 1e-7));
        const MethodResult encoders = method.run(views, plan, Signals(), encoder.allObjectives());
        QVERIFY(
            at::allclose(slopes(method, "occluder", method.lowered(encoder, encoders)), shared, 1e-4, 1e-7));  // the very same loss, opposite sign
    }

    void eachUpdateMovesItsOwn() {
        const MethodSpec spec = specOf();
        Method method(spec, Components(), 0);
        for (const auto& [name, tensor] : method.trainable(spec.updates[0])) QVERIFY2(name.find("occluder") == std::string::npos, name.c_str());
        for (const auto& [name, tensor] : method.trainable(spec.updates[1])) QVERIFY2(name.starts_with("occluder."), name.c_str());
        bool hasHead = false;
        for (const auto& [name, tensor] : method.trainable(spec.updates[0])) hasHead = hasHead || name.starts_with("head_agreement.");
        QVERIFY(hasHead);
    }

    void oneStepOfTheAdversaryRaisesTheLoss() {
        const MethodSpec spec = specOf({"objective.1.weight=0.0"});
        Method method(spec, Components(), 0);
        const std::vector<View> views = viewsOf(spec);
        const MaskPlan plan = planOf(method, views);
        const double before = lossOf(method.run(views, plan, Signals()), "agreement").item<double>();
        const MethodResult result = method.run(views, plan, Signals());
        method.lowered(spec.updates[1], result).backward();
        {
            const torch::NoGradGuard noGrad;
            double length = 0.0;
            for (const auto& [name, tensor] : method.trainable(spec.updates[1])) length += tensor.grad().square().sum().item<double>();
            for (const auto& [name, tensor] : method.trainable(spec.updates[1])) tensor.sub_(tensor.grad() * (0.05 / std::sqrt(length)));
        }
        QVERIFY(lossOf(method.run(views, plan, Signals()), "agreement").item<double>() > before);  // masks by chance would not answer
    }

    void aStepMovesBothWithOptimisersOfTheirOwn() {
        const Recipe recipe = loadRecipe("adios", {"classroom", {"train.schedule.warmup=0"}}, resourcesFolder() / "recipes");
        const MethodSpec spec = expandRecipe(recipe.root);
        Method method(spec, Components(), 0);
        TrainingStep step(method, TrainSettings::read(recipe.root));
        const std::vector<View> views = viewsOf(spec);
        const at::Tensor encoder = weightsOf(method, "encoder"), occluder = weightsOf(method, "occluder");
        const std::size_t learning = method.trainable(spec.updates[0]).size();
        Signals signals;
        step.run(0, 1, {{views, planOf(method, views)}}, signals);
        QVERIFY(!at::equal(encoder, weightsOf(method, "encoder")));
        QVERIFY(!at::equal(occluder, weightsOf(method, "occluder")));
        QCOMPARE(method.trainable(spec.updates[0]).size(), learning);  // who kept still for the other learns again
        bool first = false, second = false;
        for (const auto& [name, tensor] : step.optimizerState()) {
            first = first || name.starts_with("0.");
            second = second || name.starts_with("1.");
        }
        QVERIFY(first && second);
    }

    void frozenMasksDoNotMoveWithTheAdversary() {
        const MethodSpec spec = specOf();
        Method method(spec, Components(), 0);
        method.eval();
        const torch::NoGradGuard noGrad;
        const std::vector<View> views = viewsOf(spec);
        const MaskPlan plan = planOf(method, views);
        const auto agreement = [&] { return lossOf(method.run(views, plan, Signals()), "agreement").item<double>(); };
        const double before = agreement();
        for (const auto& [name, tensor] : method.networkParameters("occluder")) tensor.add_(at::randn_like(tensor));
        QCOMPARE(agreement(), before);
        method.train();
        QVERIFY(agreement() != before);
    }

    void everyMaskIsAPicture() {
        const MethodSpec spec = specOf();
        Method method(spec, Components(), 0);
        method.eval();
        const torch::NoGradGuard noGrad;
        const std::vector<View> views = viewsOf(spec);
        const auto answer = method.predict(views.front(), planOf(method, views).firstCopies());
        QVERIFY(answer.has_value());
        at::Tensor sum;
        std::int64_t masks = 0;
        for (const Depiction& depiction : answer->depictions) {
            if (depiction.name.find("mask-") != 0) continue;
            sum = sum.defined() ? sum + depiction.colors : depiction.colors;
            ++masks;
        }
        QCOMPARE(masks, spec.maskCopies);
        QVERIFY(at::allclose(sum, at::ones({kBatch, 3, 32, 32})));
    }

    void impossibleAdversariesAreRefused_data() {
        QTest::addColumn<QString>("setting");
        QTest::addColumn<QString>("expected");
        QTest::newRow("another number of masks") << "mask.copies=2"
                                                 << "draws 3 masks a sample, but the recipe has 2; set mask.copies = 3";
        QTest::newRow("another corruption") << "pass.2.corruption.at=embedding"
                                            << "whose masks are soft: its corruption is 'zero' at the embedding";
        QTest::newRow("an adversary of another view") << "pass.1.view=whole"
                                                      << "must see all of the same view";
        QTest::newRow("no such pass") << "pass.2.masked_by=drawer"
                                      << "masked_by 'drawer' does not exist";
        QTest::newRow("no such penalty") << "update.1.penalties=[\"sparse\"]"
                                         << "an update's penalty 'sparse' does not exist";
    }
    void impossibleAdversariesAreRefused() {
        QFETCH(QString, setting);
        QFETCH(QString, expected);
        std::string message;
        try {
            const Method method(specOf({setting.toStdString()}), Components(), 0);
        } catch (const RecipeError& error) {
            message = error.what();
        }
        QVERIFY2(message.find(expected.toStdString()) != std::string::npos, message.c_str());
    }
};

MASKSCOPE_TEST(TestAdversary)
#include "tst_adversary.moc"
