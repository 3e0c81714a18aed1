#include "training/trainer.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/files.h"
#include "core/toml.h"
#include "interop/weights.h"
#include "recipes/recipe.h"
#include "sample_data/sample_data.h"
#include "support/test_main.h"
#include "training/metrics_log.h"

using namespace maskscope;

namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kTiny{"input.size=16",           "encoder.width=16",       "encoder.depth=1", "encoder.heads=2",
                                     "objective.head.width=16", "train.batch=8",          "train.steps=20",  "train.checkpoint_every=4",
                                     "train.validate_every=4",  "train.snapshot_every=5", "train.threads=1", "train.schedule.warmup=2"};

Recipe tinyRecipe(std::vector<std::string> more = {}) {
    std::vector<std::string> settings = kTiny;
    settings.insert(settings.end(), more.begin(), more.end());
    return loadRecipe("mae", {"classroom", settings}, resourcesFolder() / "recipes");
}

class Recorder : public TrainingObserver {
public:
    std::vector<StepRecord> steps;
    std::vector<ValidationRecord> validations;
    std::vector<ProbeRecord> probes;
    std::vector<std::int64_t> checkpoints;

    void onStep(const StepRecord& record) override { steps.push_back(record); }
    void onValidation(const ValidationRecord& record) override { validations.push_back(record); }
    void onProbes(const ProbeRecord& record) override { probes.push_back(record); }
    void onCheckpoint(std::int64_t step, const fs::path&) override { checkpoints.push_back(step); }
};

std::vector<double> lossColumn(const fs::path& run) {
    const MetricsTable table = MetricsLog::read(run / "metrics.csv");
    std::vector<double> losses;
    for (const auto& row : table.rows) losses.push_back(*row[table.column("loss")]);
    return losses;
}

std::string modelBytes(const fs::path& run, int step) {
    return readFile(run / "checkpoints" / ("step-" + std::to_string(step)) / "model.safetensors");
}

}  // namespace

class TestTrainer : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void stepsValidationsPicturesAndCheckpointsAreTold();
    void resumedEqualsUnbroken_data();
    void resumedEqualsUnbroken();
    void watchedEqualsUnwatched();
    void accumulationGivesTheSameGradientAsOneBatch();
    void aStopRequestEndsWithACheckpoint();
    void lossesThatAreNotFiniteStopBeforeTheParametersChange();
    void impossibleRecipesLeaveNothingBehind();
    void validationImagesNeverTrain();
    void settingsReadEveryKey();
    void teachersFollowTheirNetworks();

private:
    TrainingRequest request(std::vector<std::string> more = {}) const {
        return {.recipe = tinyRecipe(std::move(more)), .data = data() / "train", .validation = data() / "test", .seed = 5, .device = "cpu"};
    }
    fs::path data() const { return fs::path(folder_.path().toStdString()) / "data"; }
    fs::path run(const std::string& name) const { return fs::path(folder_.path().toStdString()) / name; }
    QTemporaryDir folder_;
};

void TestTrainer::initTestCase() {
    QVERIFY(folder_.isValid());
    generateSampleData(data(), {.trainImages = 40, .testImages = 10, .sidePx = 16});
}

void TestTrainer::stepsValidationsPicturesAndCheckpointsAreTold() {
    const auto recorder = std::make_shared<Recorder>();
    const auto trainer = Trainer::start(run("told"), request(), {recorder}, {});
    const TrainingSummary summary = trainer->run(10, {});
    QCOMPARE(summary.steps, 10);
    QVERIFY(!summary.stopped || summary.steps < 20);
    QCOMPARE(recorder->steps.size(), std::size_t{10});
    QCOMPARE(recorder->steps.back().step, 10);
    QCOMPARE(recorder->steps.front().learningRate, 0.0);  // warm-up starts there
    QVERIFY(recorder->steps[2].learningRate > 0.0);
    std::vector<std::int64_t> validated, shown;
    for (const auto& record : recorder->validations) validated.push_back(record.step);
    for (const auto& record : recorder->probes) shown.push_back(record.step);
    QCOMPARE(validated, (std::vector<std::int64_t>{4, 8, 10}));
    QCOMPARE(shown, (std::vector<std::int64_t>{0, 5, 10}));
    QCOMPARE(recorder->checkpoints, (std::vector<std::int64_t>{0, 4, 8, 10}));
    const ValidationRecord& last = recorder->validations.back();
    QVERIFY(std::abs(*last.skill - (1 - *last.pixelLoss / last.baselines.meanPatch)) < 1e-12);
    QCOMPARE(*summary.validationLoss, *last.pixelLoss);
    QCOMPARE(recorder->probes.front().pictures.size(), std::size_t{8});
    QCOMPARE(std::get<ImagePicture>(recorder->probes.front().pictures.front()).hidden.size(), std::size_t{16});
    QVERIFY(fs::exists(run("told") / "snapshots" / "step-00000010.png"));
    QCOMPARE(lossColumn(run("told")).size(), std::size_t{10});
}

void TestTrainer::resumedEqualsUnbroken_data() {
    QTest::addColumn<QStringList>("settings");
    QTest::newRow("plain") << QStringList{};
    QTest::newRow("accumulation") << QStringList{"train.accumulate=4"};
    QTest::newRow("stochastic depth and clipping") << QStringList{"encoder.drop_path=0.3", "encoder.depth=2", "train.clip=0.1"};
    QTest::newRow("averaged weights") << QStringList{"train.ema=0.9"};
    QTest::newRow("results read later, blocks computed again") << QStringList{"train.read_every=4", "train.recompute=true"};
    QTest::newRow("steps replayed") << QStringList{"train.graph=on", "train.ema=0.9"};
    QTest::newRow("augmentation, several workers, layer decay")
        << QStringList{"train.augment.crop=random_resized", "train.workers=3", "train.optimizer.layer_decay=0.7"};
    QTest::newRow("a mask token and learned positions") << QStringList{"encoder.sees=all", "encoder.positions=learned", "objective.head.kind=linear"};
}

void TestTrainer::resumedEqualsUnbroken() {
    QFETCH(QStringList, settings);
    std::vector<std::string> more;
    for (const QString& setting : settings) more.push_back(setting.toStdString());
    const std::string name = QTest::currentDataTag();
    Trainer::start(run(name + " unbroken"), request(more), {}, {})->run(10, {});
    Trainer::start(run(name + " broken"), request(more), {}, {})->run(3, {});
    Trainer::resume(run(name + " broken"), {}, {})->run(7, {});
    Trainer::resume(run(name + " broken"), {}, {})->run(10, {});
    QVERIFY(modelBytes(run(name + " unbroken"), 10) == modelBytes(run(name + " broken"), 10));
    QVERIFY(lossColumn(run(name + " unbroken")) == lossColumn(run(name + " broken")));
    const fs::path ema = fs::path("checkpoints") / "step-10" / "ema.safetensors";
    if (name == "averaged weights") QVERIFY(readFile(run(name + " unbroken") / ema) == readFile(run(name + " broken") / ema));
}

void TestTrainer::watchedEqualsUnwatched() {
    Trainer::start(run("unwatched"), request({"train.validate_every=1000", "train.snapshot_every=1000"}), {}, {})->run(8, {});
    Trainer::start(run("watched"), request({"train.validate_every=1", "train.snapshot_every=1"}), {std::make_shared<Recorder>()}, {})->run(8, {});
    QVERIFY(modelBytes(run("watched"), 8) == modelBytes(run("unwatched"), 8));
    QVERIFY(lossColumn(run("watched")) == lossColumn(run("unwatched")));
}

void TestTrainer::accumulationGivesTheSameGradientAsOneBatch() {
    const auto whole = std::make_shared<Recorder>(), parts = std::make_shared<Recorder>();
    Trainer::start(run("whole"), request(), {whole}, {})->run(4, {});
    Trainer::start(run("parts"), request({"train.accumulate=4"}), {parts}, {})->run(4, {});
    for (std::size_t i = 0; i < 4; ++i) {
        QVERIFY(std::abs(whole->steps[i].loss - parts->steps[i].loss) < 1e-4 * whole->steps[i].loss);
        QVERIFY(std::abs(whole->steps[i].gradientNorm - parts->steps[i].gradientNorm) < 1e-3 * whole->steps[i].gradientNorm);
    }
}

void TestTrainer::aStopRequestEndsWithACheckpoint() {
    struct Stopper : TrainingObserver {
        std::stop_source source;
        void onStep(const StepRecord& record) override {
            if (record.step == 6) source.request_stop();
        }
    };
    const auto stopper = std::make_shared<Stopper>();
    const TrainingSummary summary = Trainer::start(run("stopped"), request(), {stopper}, {})->run({}, stopper->source.get_token());
    QCOMPARE(summary.steps, 6);
    QVERIFY(summary.stopped);
    QVERIFY(fs::exists(run("stopped") / "checkpoints" / "step-6" / "state.json"));
    QCOMPARE(Trainer::resume(run("stopped"), {}, {})->step(), 6);
}

void TestTrainer::lossesThatAreNotFiniteStopBeforeTheParametersChange() {
    auto trainer = Trainer::start(run("nan"), request({"train.optimizer.lr=1e38", "train.schedule.warmup=0"}), {}, {});
    std::string message;
    try {
        trainer->run({}, {});
    } catch (const TrainingError& error) {
        message = error.what();
    }
    QVERIFY2(message.find("at step ") != std::string::npos, message.c_str());
    QVERIFY2(message.find("last finite checkpoint: step ") != std::string::npos, message.c_str());
    trainer.reset();  // gives the lock back
    const std::int64_t finite = Trainer::resume(run("nan"), {}, {})->step();
    const Weights weights = openWeights(run("nan") / "checkpoints" / ("step-" + std::to_string(finite)));
    for (const std::string& name : weights.names()) QVERIFY2(weights.tensor(name).isfinite().all().item<bool>(), name.c_str());
}

void TestTrainer::impossibleRecipesLeaveNothingBehind() {
    QVERIFY_EXCEPTION_THROWN(Trainer::start(run("never"), request({"objective.head.kind=linear"}), {}, {}), RecipeError);
    QVERIFY_EXCEPTION_THROWN(Trainer::start(run("never"), request({"train.stpes=3"}), {}, {}), RecipeError);
    QVERIFY_EXCEPTION_THROWN(Trainer::start(run("never"), request({"train.accumulate=3"}), {}, {}), RecipeError);
    QVERIFY(!fs::exists(run("never")));
}

void TestTrainer::validationImagesNeverTrain() {
    TrainingRequest held = request();
    held.validation.clear();
    const auto quiet = [](const auto&) {};
    const TrainData data = TrainData::open(held, {}, quiet, quiet, {});
    QCOMPARE(data.trainingIds.size() + data.validationIds.size(), std::size_t{40});
    for (const std::int64_t id : data.validationIds)
        QVERIFY(std::find(data.trainingIds.begin(), data.trainingIds.end(), id) == data.trainingIds.end());
    TrainingRequest otherSeed = held;
    otherSeed.seed = 99;
    QCOMPARE(TrainData::open(otherSeed, {}, quiet, quiet, {}).validationIds, data.validationIds);
}

void TestTrainer::settingsReadEveryKey() {
    const TrainSettings settings = TrainSettings::read(tinyRecipe({"train.optimizer.decay=all", "train.keep_recent=2"}).root);
    QCOMPARE(settings.steps, 20);
    QCOMPARE(settings.batch, 8);
    QVERIFY(settings.decayAll);
    QCOMPARE(settings.adamw.beta2, 0.95);
    QCOMPARE(settings.lr, 2e-3);
    QVERIFY(TrainSettings::document().size() > 15);
}

void TestTrainer::teachersFollowTheirNetworks() {
    const Value root = parseToml(R"(
schema = 1
id = "teacher"
[input]
size = [8, 8]
[mask]
strategy = "random"
ratio = 0.5
[[network]]
id = "encoder"
kind = "vit"
width = 8
depth = 1
heads = 1
[[network]]
id = "teacher"
ema_of = "encoder"
momentum = 0.5
momentum_end = 0.5
kind = "vit"
width = 8
depth = 1
heads = 1
[[pass]]
corruption = { kind = "drop" }
[[objective]]
target = { kind = "pixel" }
head = { kind = "transformer", width = 8, depth = 1, heads = 1 }
loss = { kind = "mse" }
[train]
batch = 4
optimizer = { lr = 1e-2 }
schedule = { kind = "constant" }
)",
                                 "test");
    const MethodSpec spec = expandRecipe(root);
    Method method(spec, Components(), 0);
    TrainingStep training(method, TrainSettings::read(root));
    const auto value = [&](const std::string& network) { return method.networkParameters(network).front().second.detach().clone(); };
    View view;
    view.tensors["pixels"] = at::randn({4, 3, 8, 8});
    view.geometry = Geometry::grid(4, {2, 2});
    view.sampleIds = {0, 1, 2, 3};
    const at::Tensor teacherBefore = value("teacher");
    Signals signals;
    training.run(0, 0, {{{view}, method.drawMasks({view}, Signals(), trainingDraw(0, 0, 0, 4))}}, signals);
    QVERIFY(!at::equal(value("encoder"), teacherBefore));
    QVERIFY(at::allclose(value("teacher"), 0.5 * teacherBefore + 0.5 * value("encoder"), 1e-6, 1e-7));
}

MASKSCOPE_TEST(TestTrainer)
#include "tst_trainer.moc"
