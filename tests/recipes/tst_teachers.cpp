// Methods whose targets or masks come from a teacher: what goes through its head, what it remembers, what it hides.
#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/files.h"
#include "recipes/method.h"
#include "recipes/recipe.h"
#include "support/test_main.h"
#include "tensor/gather.h"

using namespace maskscope;

namespace {

MethodSpec specOf(const std::string& id, const std::vector<std::string>& settings = {}) {
    return expandRecipe(loadRecipe(id, {"classroom", settings}, resourcesFolder() / "recipes").root);
}

/// Random images, other ones in each view.
std::vector<View> viewsOf(const MethodSpec& spec, std::int64_t batch) {
    const ImageInput& input = spec.input.image("a test");
    std::vector<View> views;
    for (const ViewSpec& wanted : spec.views) {
        View& view = views.emplace_back();
        view.name = wanted.name;
        view.tensors["pixels"] = at::randn({batch, input.channels, input.height, input.width});
        view.geometry = Geometry::grid(batch, {input.gridRows(), input.gridColumns()});
        for (std::int64_t i = 0; i < batch; ++i) view.sampleIds.push_back(i);
    }
    return views;
}

MaskDraw drawOf(std::int64_t batch, double progress = 0.0) {
    MaskDraw draw{.seed = 1, .purpose = "mask", .step = 0, .samples = {}, .progress = progress};
    for (std::int64_t i = 0; i < batch; ++i) draw.samples.push_back(static_cast<std::uint64_t>(i));
    return draw;
}

at::Tensor parameter(const Method& method, const std::string& name) {
    for (const auto& [key, tensor] : method.namedState())
        if (key == name) return tensor;
    throw ShapeError("no parameter " + name);
}

}  // namespace

class TestTeachers : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { torch::manual_seed(7); }

    void targetsGoThroughATeachersHead() {
        const MethodSpec spec = specOf("ibot");
        Method method(spec, Components(), 0);
        const std::vector<View> views = viewsOf(spec, 3);
        const MaskPlan plan = method.drawMasks(views, Signals(), drawOf(3));
        const at::Tensor before = method.run(views, plan, Signals()).objectives[0].target.clone();
        QCOMPARE(before.size(2), 256);  // prototypes, not channels
        {
            const torch::NoGradGuard noGrad;
            parameter(method, "head_patches_one.layer0.weight").add_(0.5);
        }
        QVERIFY(at::equal(before, method.run(views, plan, Signals()).objectives[0].target));  // the student's head moves nothing
        {
            const torch::NoGradGuard noGrad;
            parameter(method, "teacher_head_patches_one.layer0.weight").add_(0.5);
        }
        QVERIFY(!at::equal(before, method.run(views, plan, Signals()).objectives[0].target));
    }

    void objectivesThatShareAHeadHaveOne() {
        Method method(specOf("ibot"), Components(), 0);
        std::size_t heads = 0;
        for (const auto& [name, tensor] : method.trainable(method.spec().updates.front())) {
            heads += name.find("prototype_table") != std::string::npos ? 1 : 0;
            QVERIFY2(name.find("teacher") == std::string::npos, name.c_str());
        }
        QCOMPARE(heads, std::size_t{1});
    }

    void sharedPrototypesAreTakenOverAndTheRestAveraged() {
        Method method(specOf("msn"), Components(), 0);
        double momentumOfPrototypes = -1.0, momentumOfLayers = -1.0;
        for (const Follower& follower : method.followers())
            for (const auto& [name, tensor] : follower.online) {
                if (name == "prototype_table") momentumOfPrototypes = follower.momentum;
                if (name == "layer0.weight") momentumOfLayers = follower.momentum;
            }
        QCOMPARE(momentumOfPrototypes, 0.0);
        QCOMPARE(momentumOfLayers, 0.98);
    }

    void centersAreRememberedByObjective() {
        const MethodSpec spec = specOf("ibot");
        Method method(spec, Components(), 0);
        const std::vector<View> views = viewsOf(spec, 3);
        const MaskPlan plan = method.drawMasks(views, Signals(), drawOf(3));
        Signals signals;
        const MethodResult first = method.run(views, plan, signals);
        const NamedTensors remembered = method.remember(first, signals);
        QCOMPARE(remembered.size(), std::size_t{4});
        QCOMPARE(remembered.front().first, std::string("loss/patches_one/center"));
        const at::Tensor rows = first.objectives[0].target.flatten(0, 1);
        QVERIFY(at::allclose(remembered.front().second, rows.mean(0).mul(0.1), 1e-4, 1e-6));
        for (const auto& [name, value] : remembered) signals.write(name, value * 20.0, 1);
        QVERIFY(!at::allclose(first.loss, method.run(views, plan, signals).loss));  // the loss reads it
        QVERIFY(method.memoryOf("class_two", signals).count("center") == 1);
    }

    void classObjectivesCompareOneLookWithTheOther() {
        const MethodSpec spec = specOf("ibot");
        Method method(spec, Components(), 0);
        std::vector<View> views = viewsOf(spec, 2);
        const MaskPlan plan = method.drawMasks(views, Signals(), drawOf(2));
        const MethodResult before = method.run(views, plan, Signals());
        views[1].tensors["pixels"] = at::randn_like(views[1].pixels());
        const MethodResult after = method.run(views, plan, Signals());
        QVERIFY(at::equal(before.objectives[0].target, after.objectives[0].target));   // patches_one: its own look
        QVERIFY(!at::equal(before.objectives[2].target, after.objectives[2].target));  // class_one: the teacher sees the other
        QVERIFY(at::equal(before.objectives[2].prediction, after.objectives[2].prediction));
        QCOMPARE(before.objectives[2].target.size(1), 1);
    }

    void attentionMasksHideWhatTheTeacherAttendsTo() {
        const MethodSpec spec = specOf("attmask");
        Method method(spec, Components(), 0);
        const std::vector<View> views = viewsOf(spec, 4);
        const Signals signals = method.lookAhead(views, Signals());
        const MaskPlan plan = method.drawMasks(views, signals, drawOf(4));
        const Features seen = method.features(views[1], MaskPlan(), {.attentions = true});  // the student still equals its teacher
        const at::Tensor attention = seen.attentions.back().select(2, 0).mean(1).narrow(1, 1, 64), hidden = plan.mask("hidden_two").hidden;
        for (std::int64_t row = 0; row < 4; ++row) {
            const double leastHidden = attention[row].masked_select(hidden[row].gt(0.5)).min().item<double>();
            const double mostVisible = attention[row].masked_select(hidden[row].lt(0.5)).max().item<double>();
            QVERIFY(leastHidden >= mostVisible);
        }
        QVERIFY(at::equal(plan.mask("hidden_one").extras.at("attention"), signals.find("attention")->value));
        QVERIFY(method.predict(views[0], plan)->depictions.size() >= 3);  // target, and an attention map a look
    }

    void frozenMasksDoNotMoveWithTheModel() {
        const MethodSpec spec = specOf("attmask");
        Method method(spec, Components(), 0), other(spec, Components(), 99);
        const std::vector<View> views = viewsOf(spec, 2);
        const MaskDraw draw = drawOf(2);
        const auto hidden = [&](Method& m) { return m.drawMasks(views, m.blindSignals(views, Signals(), draw), draw).mask("hidden_one").hidden; };
        QVERIFY(at::equal(hidden(method), hidden(other)));
        QVERIFY(!at::equal(method.lookAhead(views, Signals()).find("attention")->value, other.lookAhead(views, Signals()).find("attention")->value));
    }

    void difficultyIsForeseenAndHidden() {
        const MethodSpec spec = specOf("hpm");
        Method method(spec, Components(), 0);
        const std::vector<View> views = viewsOf(spec, 4);
        const Signals signals = method.lookAhead(views, Signals());
        const MaskPlan plan = method.drawMasks(views, signals, drawOf(4, 1.0));
        const MethodResult result = method.run(views, plan, Signals());
        const ObjectiveResult& pixels = result.objectives[0];
        QVERIFY(at::allclose(result.objectives[1].target.squeeze(-1), (pixels.prediction - pixels.target).square().mean(-1), 1e-4, 1e-5));
        const at::Tensor difficulty = signals.find("difficulty")->value, hidden = plan.mask("hidden").hidden;
        for (std::int64_t row = 0; row < 4; ++row) {
            const at::Tensor hardest = std::get<1>(difficulty[row].topk(24));  // half of 48
            QCOMPARE(hidden[row].index_select(0, hardest).sum().item<double>(), 24.0);
        }
        result.objectives[1].loss.backward();
        for (const auto& item : method.named_parameters()) {
            if (item.key().find("head_reconstruction") != std::string::npos) QVERIFY2(!item.value().grad().defined(), item.key().c_str());
            if (item.key() == "head_difficulty.predict.weight") QVERIFY(item.value().grad().abs().sum().item<double>() > 0.0);
        }
    }

    void theForeseeingHeadIsTheTeachers() {
        const MethodSpec spec = specOf("hpm");
        Method method(spec, Components(), 0);
        const std::vector<View> views = viewsOf(spec, 2);
        const at::Tensor before = method.lookAhead(views, Signals()).find("difficulty")->value;
        const torch::NoGradGuard noGrad;
        parameter(method, "head_difficulty.predict.weight").add_(1.0);
        QVERIFY(at::equal(before, method.lookAhead(views, Signals()).find("difficulty")->value));
        parameter(method, "teacher_head_difficulty.predict.weight").add_(1.0);
        QVERIFY(!at::equal(before, method.lookAhead(views, Signals()).find("difficulty")->value));
    }

    void oneTeacherPassServesAllMasksOfASample() {
        const MethodSpec spec = specOf("data2vec2");
        Method method(spec, Components(), 0);
        const std::vector<View> views = viewsOf(spec, 2);
        const MaskPlan plan = method.drawMasks(views, Signals(), drawOf(2));
        const MethodResult result = method.run(views, plan, Signals());
        QCOMPARE(result.passes.at("whole").tokens.size(0), 2);
        QCOMPARE(result.passes.at("visible").tokens.size(0), 8);
        QVERIFY(at::equal(result.objectives[1].target[0], result.objectives[1].target[3]));
        QVERIFY(!at::equal(result.objectives[1].target[0], result.objectives[1].target[4]));
        QVERIFY(!at::equal(plan.mask("hidden").hidden[0], plan.mask("hidden").hidden[1]));
        const auto shown = method.predict(views[0], plan.firstCopies());
        QCOMPARE(shown->colors.size(0), 2);
    }

    void blocksArePredictedFromTheContextAlone() {
        std::vector<std::string> published;
        for (int i = 0; i < 4; ++i) published.push_back("objective." + std::to_string(i) + ".target.normalize=layer");
        const MethodSpec spec = specOf("i-jepa", published);
        Method method(spec, Components(), 0);
        std::vector<View> views = viewsOf(spec, 2);
        const MaskPlan plan = method.drawMasks(views, Signals(), drawOf(2));
        const MethodResult result = method.run(views, plan, Signals());
        for (std::int64_t i = 0; i < 4; ++i) {
            const TokenSplit& split = plan.split("target" + std::to_string(i));
            const at::Tensor whole = at::layer_norm(result.passes.at("whole").tokens, {96});
            QVERIFY(at::allclose(result.objectives[static_cast<std::size_t>(i)].target, takeTokens(whole, split.hidden), 1e-4, 1e-5));
        }
        const at::Tensor normed = result.objectives[0].target;
        QVERIFY(normed.mean(-1).abs().max().item<double>() < 1e-4);
    }

    void wrongPairsAreRefused() {
        const auto message = [](const std::string& id, const std::vector<std::string>& settings) -> std::string {
            try {
                const Method method(specOf(id, settings), Components(), 0);
            } catch (const RecipeError& error) {
                return error.what();
            }
            return {};
        };
        const std::string whole = message("mae", {"encoder.sees=all", "objective.loss.on=class", "objective.head.kind=linear"});
        QVERIFY2(whole.find("target 'pixel' describes tokens alone") != std::string::npos, whole.c_str());
    }
};

MASKSCOPE_TEST(TestTeachers)
#include "tst_teachers.moc"
