#include <torch/torch.h>

#include <QtTest>

#include "analysis/model_session.h"
#include "analysis/run_session.h"
#include "core/error.h"
#include "families/family.h"
#include "recipes/initial_weights.h"
#include "recipes/method.h"
#include "support/test_main.h"
#include "support/tiny_run.h"
#include "training/checkpoint_store.h"
#include "training/metrics_log.h"
#include "training/trainer.h"

using namespace maskscope;

namespace {

namespace fs = std::filesystem;

fs::path caseModel(const char* name) { return fs::path(qgetenv("MASKSCOPE_SOURCE_DIR").toStdString()) / "tests/parity" / name / "model"; }

std::map<std::string, at::Tensor> below(const NamedTensors& tensors, const std::string& prefix) {
    std::map<std::string, at::Tensor> found;
    for (const auto& [name, value] : tensors)
        if (name.starts_with(prefix)) found.emplace(name, value);
    return found;
}

bool areEqual(const std::map<std::string, at::Tensor>& a, const std::map<std::string, at::Tensor>& b) {
    return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const auto& item) {
               const auto other = b.find(item.first);
               return other != b.end() && at::equal(item.second, other->second);
           });
}

std::string messageOf(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

/// A decoder for an encoder that came without one.
class TestDecoderTraining : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theDecoderLearnsAndTheEncoderStays_data();
    void theDecoderLearnsAndTheEncoderStays();
    void aRecipeMayGoOnFromAnEncoder();
    void resumingNeedsNoCheckpointOfTheirs();
    void whatCannotBeIsSaid();

private:
    TrainingRequest request(const Recipe& recipe) const {
        return {.recipe = recipe, .data = runs_.data() / "train", .validation = runs_.data() / "test", .seed = 5, .device = "cpu"};
    }
    const std::vector<std::string> quick_{"train.steps=60",          "train.batch=8",         "train.checkpoint_every=20", "train.validate_every=20",
                                          "train.snapshot_every=60", "train.threads=1",       "train.schedule.warmup=5",   "train.augment.flip=0",
                                          "objective.head.width=32", "objective.head.heads=2"};
    testing::TinyRuns runs_;
};

void TestDecoderTraining::theDecoderLearnsAndTheEncoderStays_data() {
    QTest::addColumn<QString>("model");
    QTest::newRow("CLIP") << "clip_vision_1_quickgelu";
    QTest::newRow("timm's ViT") << "timm_vit_2_options";
}

void TestDecoderTraining::theDecoderLearnsAndTheEncoderStays() {
    QFETCH(QString, model);
    const fs::path place = caseModel(model.toUtf8().constData()), run = runs_.path(model.toStdString());
    const Recipe recipe = recipeOnModel("decoder", place, {"classroom", quick_});
    Trainer::start(run, request(recipe), {}, {})->run({}, {});
    const auto theirs = below(openFamilyModel(place).model->asMethod({})->weights, "encoder.");
    const CheckpointStore store(run / "checkpoints", CheckpointStore::Access::Read);
    const NamedTensors first = store.loadWeights(0, false), last = store.loadWeights(60, false);
    QVERIFY(!theirs.empty() && areEqual(below(first, "encoder."), theirs) && areEqual(below(last, "encoder."), theirs));
    QVERIFY(!areEqual(below(first, "head_"), below(last, "head_")));
    const MetricsTable metrics = MetricsLog::read(run / "metrics.csv");
    const std::size_t column = metrics.column("loss");
    const auto meanOf = [&](std::size_t from, std::size_t to) {
        double sum = 0.0;
        for (std::size_t i = from; i < to; ++i) sum += *metrics.rows[i][column];
        return sum / static_cast<double>(to - from);
    };
    QVERIFY(metrics.rows.size() == 60 && meanOf(50, 60) < 0.8 * meanOf(0, 10));
    // It reconstructs: better than it did before
    RunSession before = openRunSession(run, 0), after = openRunSession(run, std::nullopt);
    const auto data = after.session->domain().open((runs_.data() / "test").string(), {});
    const View view = after.session->domain().evaluationView(*data, {0, 1, 2, 3}, {});
    const MaskPlan plan = after.session->drawMasks(view, 3);
    QVERIFY(after.session->reconstruct(view, plan).hiddenLoss < before.session->reconstruct(view, plan).hiddenLoss);
}

void TestDecoderTraining::aRecipeMayGoOnFromAnEncoder() {
    const fs::path place = caseModel("vit_mae_1_base");
    auto settings = quick_;
    settings.push_back("train.steps=4");
    const Recipe recipe = recipeOnModel("mae", place, {"classroom", settings});
    Trainer::start(runs_.path("goes-on"), request(recipe), {}, {})->run({}, {});
    const auto theirs = below(openFamilyModel(place).model->asMethod({})->weights, "encoder.");
    const CheckpointStore store(runs_.path("goes-on") / "checkpoints", CheckpointStore::Access::Read);
    QVERIFY(areEqual(below(store.loadWeights(0, false), "encoder."), theirs));
    QVERIFY(!areEqual(below(store.loadWeights(4, false), "encoder."), theirs));  // here it learns
}

void TestDecoderTraining::resumingNeedsNoCheckpointOfTheirs() {
    const fs::path copy = runs_.path("clip");
    fs::copy(caseModel("clip_vision_1_quickgelu"), copy, fs::copy_options::recursive);
    const Recipe recipe = recipeOnModel("decoder", copy, {"classroom", quick_});
    Trainer::start(runs_.path("orphan"), request(recipe), {}, {})->run(20, {});
    fs::remove_all(copy);
    Trainer::resume(runs_.path("orphan"), {}, {})->run(24, {});
    Trainer::start(runs_.path("whole"), request(recipeOnModel("decoder", caseModel("clip_vision_1_quickgelu"), {"classroom", quick_})), {}, {})
        ->run(24, {});
    QVERIFY(runs_.modelBytes("orphan", 24) == runs_.modelBytes("whole", 24));
}

void TestDecoderTraining::whatCannotBeIsSaid() {
    const std::string bare = messageOf([&] {
        Trainer::start(runs_.path("bare"), request(loadRecipe("decoder", {"classroom", quick_}, resourcesFolder() / "recipes")), {}, {});
    });
    QVERIFY2(bare.find("--model") != std::string::npos, bare.c_str());
    QVERIFY(!fs::exists(runs_.path("bare")));
    const std::string sound = messageOf([&] { recipeOnModel("decoder", caseModel("wav2vec2_1_base"), {"classroom", quick_}); });
    QVERIFY2(sound.find("wav2vec2") != std::string::npos, sound.c_str());
}

MASKSCOPE_TEST(TestDecoderTraining)
#include "tst_decoder_training.moc"
