#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/files.h"
#include "interop/saved_tensors.h"
#include "recipes/recipe.h"
#include "sample_data/sample_data.h"
#include "support/test_main.h"
#include "training/metrics_log.h"
#include "training/trainer.h"

using namespace maskscope;

namespace {

namespace fs = std::filesystem;

constexpr int kSteps = 20, kBoundary = 8;  // steps of the run, and of its first stage

const std::vector<std::string> kTinyTokenizer{"input.size=16",           "train.batch=8",          "train.threads=1",
                                              "train.schedule.warmup=2", "train.validate_every=4", "train.checkpoint_every=4"};

Recipe tinyBeit(const std::vector<std::string>& more = {}) {
    std::vector<std::string> settings = kTinyTokenizer;
    settings.insert(settings.end(), {"network.0.width=16", "network.0.depth=1", "network.0.heads=2", "network.1.width=8", "network.1.vocabulary=16",
                                     "objective.1.head.width=8", "train.steps=20", "stage.0.until=0.4"});
    settings.insert(settings.end(), more.begin(), more.end());
    return loadRecipe("beit", {"classroom", settings}, resourcesFolder() / "recipes");
}

/// Its first stage paints, its second does so against a discriminator.
Recipe tinyVqgan() {
    std::vector<std::string> settings = kTinyTokenizer;
    settings.insert(settings.end(), {"network.0.width=4", "network.0.groups=2", "network.0.vocabulary=16", "network.0.code_width=4",
                                     "network.1.width=4", "network.1.layers=1", "objective.0.head.width=4", "objective.0.head.groups=2",
                                     "objective.0.head.code_width=4", "train.steps=20", "stage.0.until=0.4"});
    return loadRecipe("vq-gan", {"classroom", settings}, resourcesFolder() / "recipes");
}

std::string modelBytes(const fs::path& run, int step) {
    return readFile(run / "checkpoints" / ("step-" + std::to_string(step)) / "model.safetensors");
}

/// Copies of the tensors of one part of a model.
NamedTensors partOf(const Trainer& trainer, const std::string& prefix) {
    NamedTensors part;
    const auto weights = trainer.copyWeights();
    for (const auto& [name, tensor] : weights->tensors)
        if (name.starts_with(prefix)) part.emplace_back(name, tensor.clone());
    return part;
}

/// How many of the tensors differ.
int changed(const NamedTensors& a, const NamedTensors& b) {
    int count = 0;
    for (std::size_t i = 0; i < a.size(); ++i) count += at::equal(a[i].second, b[i].second) ? 0 : 1;
    return count;
}

struct RateRecorder : TrainingObserver {
    std::vector<double> rates;
    void onStep(const StepRecord& record) override { rates.push_back(record.learningRate); }
};

}  // namespace

/// Runs whose stages train one network after the other.
class TestStages : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        QVERIFY(folder_.isValid());
        generateSampleData(data(), {.trainImages = 40, .testImages = 10, .sidePx = 16});
    }
    void whatAStageDoesNotTrainKeepsStill();
    void everyStageHasAScheduleOfItsOwn();
    void resumedEqualsUnbroken_data();
    void resumedEqualsUnbroken();
    void aNetworkBeginsAsThatOfARun();
    void impossibleStagesAreRefused_data();
    void impossibleStagesAreRefused();

private:
    TrainingRequest request(const Recipe& recipe) const {
        return {.recipe = recipe, .data = data() / "train", .validation = data() / "test", .seed = 5, .device = "cpu"};
    }
    fs::path data() const { return fs::path(folder_.path().toStdString()) / "data"; }
    fs::path run(const std::string& name) const { return fs::path(folder_.path().toStdString()) / name; }
    QTemporaryDir folder_;
};

void TestStages::whatAStageDoesNotTrainKeepsStill() {
    const auto trainer = Trainer::start(run("stages"), request(tinyBeit()), {}, {});
    const NamedTensors tokenizer = partOf(*trainer, "tokenizer."), encoder = partOf(*trainer, "encoder.");
    QVERIFY(!tokenizer.empty() && !encoder.empty());
    trainer->run(kBoundary, {});
    const NamedTensors trained = partOf(*trainer, "tokenizer.");
    QVERIFY(changed(tokenizer, trained) > 0);
    QCOMPARE(changed(encoder, partOf(*trainer, "encoder.")), 0);
    trainer->run(kSteps, {});
    QCOMPARE(changed(trained, partOf(*trainer, "tokenizer.")), 0);
    QVERIFY(changed(encoder, partOf(*trainer, "encoder.")) > 0);
}

void TestStages::everyStageHasAScheduleOfItsOwn() {
    const auto recorder = std::make_shared<RateRecorder>();
    Trainer::start(run("rates"), request(tinyBeit()), {recorder}, {})->run(kSteps, {});
    QCOMPARE(recorder->rates.size(), std::size_t{kSteps});
    for (const std::size_t first : {0, kBoundary}) {
        QCOMPARE(recorder->rates[first], 0.0);  // a warm-up of two steps
        QVERIFY(recorder->rates[first + 2] > recorder->rates[first + 1]);
    }
    QVERIFY(recorder->rates[kBoundary - 1] < recorder->rates[kBoundary - 3]);
}

void TestStages::resumedEqualsUnbroken_data() {
    QTest::addColumn<int>("stop");
    QTest::addColumn<bool>("adversarial");
    QTest::newRow("inside the first stage") << 4 << false;
    QTest::newRow("at the boundary") << kBoundary << false;
    QTest::newRow("inside the second stage") << 12 << false;
    QTest::newRow("before an adversary comes") << kBoundary << true;
    QTest::newRow("beside an adversary") << 12 << true;
}

void TestStages::resumedEqualsUnbroken() {
    QFETCH(int, stop);
    QFETCH(bool, adversarial);
    const std::string name = std::to_string(stop) + (adversarial ? "-adversarial" : "");
    const Recipe recipe = adversarial ? tinyVqgan() : tinyBeit();
    Trainer::start(run("unbroken-" + name), request(recipe), {}, {})->run(kSteps, {});
    Trainer::start(run("broken-" + name), request(recipe), {}, {})->run(stop, {});
    Trainer::resume(run("broken-" + name), {}, {})->run(kSteps, {});
    QVERIFY(modelBytes(run("unbroken-" + name), kSteps) == modelBytes(run("broken-" + name), kSteps));
}

void TestStages::aNetworkBeginsAsThatOfARun() {
    std::vector<std::string> settings = kTinyTokenizer;
    settings.insert(settings.end(), {"network.width=8", "network.vocabulary=16", "objective.0.head.width=8", "train.steps=4"});
    const auto first = Trainer::start(run("dvae"), request(loadRecipe("dvae", {"classroom", settings}, resourcesFolder() / "recipes")), {}, {});
    first->run(4, {});
    const auto second = Trainer::start(run("beit"), request(tinyBeit({"network.1.run=" + run("dvae").string(), "stage.0.until=0"})), {}, {});
    const NamedTensors tokenizer = partOf(*first, "tokenizer.");
    QVERIFY(!tokenizer.empty());
    QCOMPARE(changed(tokenizer, partOf(*second, "tokenizer.")), 0);
    second->run(6, {});  // its first stage has no steps, so the second begins at once
    QCOMPARE(changed(tokenizer, partOf(*second, "tokenizer.")), 0);
    try {
        Trainer::start(run("none"), request(tinyBeit({"network.1.run=" + run("nowhere").string()})), {}, {});
        QFAIL("a run that is not there was accepted");
    } catch (const Error& error) {
        QVERIFY2(std::string(error.what()).find("nowhere") != std::string::npos, error.what());
    }
}

void TestStages::impossibleStagesAreRefused_data() {
    QTest::addColumn<QString>("setting");
    QTest::addColumn<QString>("words");
    QTest::newRow("no such stage") << "update.0.stage=tokeniser"
                                   << "did you mean 'tokenizer'?";
    QTest::newRow("nothing to do") << "update.0.stage=pre-training"
                                   << "stage 'tokenizer' has no update";
    QTest::newRow("an end too early") << "stage.1.until=0.9"
                                      << "the last stage 'pre-training' ends at 0.9 of the steps, expected 1";
    QTest::newRow("backwards") << "stage.1.until=0.1"
                               << "before the one that precedes it";
}

void TestStages::impossibleStagesAreRefused() {
    QFETCH(QString, setting);
    QFETCH(QString, words);
    try {
        expandRecipe(tinyBeit({setting.toStdString()}).root);
        QFAIL("accepted");
    } catch (const RecipeError& error) {
        QVERIFY2(QString(error.what()).contains(words), error.what());
    }
}

MASKSCOPE_TEST(TestStages)
#include "tst_stages.moc"
