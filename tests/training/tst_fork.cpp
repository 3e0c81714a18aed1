#include "training/fork.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/toml.h"
#include "support/test_main.h"
#include "support/tiny_run.h"
#include "training/checkpoint_store.h"
#include "training/live_settings.h"
#include "training/metrics_log.h"
#include "training/trainer.h"

using namespace maskscope;

namespace {

namespace fs = std::filesystem;

MetricsTable metrics(const fs::path& run) { return MetricsLog::read(run / "metrics.csv"); }

std::vector<double> column(const fs::path& run, const char* name, std::int64_t afterStep = 0) {
    const MetricsTable table = metrics(run);
    std::vector<double> values;
    for (const auto& row : table.rows)
        if (*row[table.column("step")] > static_cast<double>(afterStep)) values.push_back(*row[table.column(name)]);
    return values;
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

class TestFork : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void aForkThatChangesNothingIsTheRunItself();
    void aForkWithAChangedSettingPartsFromItsParentThere();
    void aTwinHasTheSameStart();
    void aForkSaysWhereItComesFromAndResumes();
    void averagedWeightsMayBeginOrEndWithAFork();
    void liveChangesBelongToTheFork();
    void theStartOfAForkIsKept();
    void impossibleForksLeaveNothingBehind();
    void differencesAreListed();

private:
    testing::TinyRuns runs_;
};

void TestFork::initTestCase() { Trainer::start(runs_.path("parent"), runs_.request({"train.keep_recent=10"}), {}, {})->run(12, {}); }

void TestFork::aForkThatChangesNothingIsTheRunItself() {
    Trainer::start(runs_.path("same"), forkRequest(runs_.path("parent"), 8, {}), {}, {})->run(12, {});
    QVERIFY(runs_.modelBytes("same", 12) == runs_.modelBytes("parent", 12));
    QVERIFY(column(runs_.path("same"), "loss") == column(runs_.path("parent"), "loss", 8));
    QVERIFY(column(runs_.path("same"), "step") == (std::vector<double>{9, 10, 11, 12}));
    QVERIFY(!fs::exists(runs_.path("same") / "checkpoints" / "step-0"));
}

void TestFork::aForkWithAChangedSettingPartsFromItsParentThere() {
    Trainer::start(runs_.path("other"), forkRequest(runs_.path("parent"), 8, {"train.optimizer.lr=0.0001"}), {}, {})->run(12, {});
    QVERIFY(runs_.modelBytes("other", 8) == runs_.modelBytes("parent", 8));
    QVERIFY(runs_.modelBytes("other", 12) != runs_.modelBytes("parent", 12));
    const auto forked = column(runs_.path("other"), "loss"), parent = column(runs_.path("parent"), "loss", 8);
    QCOMPARE(forked[0], parent[0]);  // the same weights, images and masks; the step after it differs
    QVERIFY(forked[1] != parent[1]);
}

void TestFork::aTwinHasTheSameStart() {
    Trainer::start(runs_.path("twin"), forkRequest(runs_.path("parent"), 0, {"mask.ratio=0.5"}), {}, {})->run(4, {});
    QVERIFY(runs_.modelBytes("twin", 0) == runs_.modelBytes("parent", 0));
    QVERIFY(column(runs_.path("twin"), "loss")[0] != column(runs_.path("parent"), "loss")[0]);
    QVERIFY(fs::exists(runs_.path("twin") / "snapshots" / "step-00000000.png"));
}

void TestFork::aForkSaysWhereItComesFromAndResumes() {
    Trainer::start(runs_.path("child"), forkRequest(runs_.path("parent"), 4, {}), {}, {})->run(6, {});
    const Value content = readToml(runs_.path("child") / "run.toml");
    QCOMPARE(content.find("origin")->find("step")->asInteger(), std::int64_t{4});
    QCOMPARE(QString::fromStdString(content.find("origin")->find("run")->asString()),
             QString::fromStdString(fs::absolute(runs_.path("parent")).string()));
    QVERIFY(fs::exists(runs_.path("child") / "snapshots" / "step-00000004.png"));
    Trainer::resume(runs_.path("child"), {}, {})->run(12, {});
    QVERIFY(runs_.modelBytes("child", 12) == runs_.modelBytes("parent", 12));
    const TrainingRequest grandchild = forkRequest(runs_.path("child"), 6, {});
    QCOMPARE(grandchild.origin->step, std::int64_t{6});
}

void TestFork::averagedWeightsMayBeginOrEndWithAFork() {
    Trainer::start(runs_.path("begins"), forkRequest(runs_.path("parent"), 8, {"train.ema=0.5"}), {}, {})->run(9, {});
    const CheckpointStore store(runs_.path("begins") / "checkpoints", CheckpointStore::Access::Read);
    const NamedTensors average = store.loadWeights(8, true), model = store.loadWeights(8, false);
    for (std::size_t i = 0; i < model.size(); ++i) QVERIFY(at::equal(average[i].second, model[i].second));
    Trainer::start(runs_.path("ends"), forkRequest(runs_.path("begins"), 9, {"train.ema=0"}), {}, {})->run(10, {});
    QVERIFY(!fs::exists(runs_.path("ends") / "checkpoints" / "step-10" / "ema.safetensors"));
}

void TestFork::liveChangesBelongToTheFork() {
    {
        const auto trainer =
            Trainer::start(runs_.path("changed"), runs_.request({"train.schedule.kind=constant", "train.schedule.warmup=0"}), {}, {});
        trainer->setLive({0, "train.optimizer.lr", 0.25e-3});
        trainer->run(4, {});
    }
    const TrainingRequest request = forkRequest(runs_.path("changed"), 4, {});
    QCOMPARE(TrainSettings::read(request.recipe.root).lr, 0.25e-3);
    QCOMPARE(TrainSettings::read(forkRequest(runs_.path("changed"), 0, {}).recipe.root).lr, 2e-3);  // before the change
    QCOMPARE(TrainSettings::read(forkRequest(runs_.path("changed"), 4, {"train.optimizer.lr=0.5"}).recipe.root).lr, 0.5);
}

void TestFork::theStartOfAForkIsKept() {
    Trainer::start(runs_.path("kept"), forkRequest(runs_.path("parent"), 8, {"train.keep_recent=1", "train.checkpoint_every=1"}), {}, {})
        ->run(30, {});
    QVERIFY(fs::exists(runs_.path("kept") / "checkpoints" / "step-8" / "state.json"));
    QVERIFY(!fs::exists(runs_.path("kept") / "checkpoints" / "step-13"));
}

void TestFork::impossibleForksLeaveNothingBehind() {
    const fs::path never = runs_.path("never");
    const auto fork = [&](std::int64_t step, const std::vector<std::string>& settings) {
        return messageOf([&] { Trainer::start(never, forkRequest(runs_.path("parent"), step, settings), {}, {}); });
    };
    QVERIFY(fork(5, {}).find("there are 0, 4, 8, 12") != std::string::npos);
    QVERIFY(fork(8, {"encoder.width=32"}).find("another model") != std::string::npos);
    QVERIFY(fork(8, {"encoder.depth=2"}).find("another model") != std::string::npos);
    QVERIFY(fork(8, {"train.stpes=2"}).find("did you mean") != std::string::npos);
    QVERIFY(!messageOf([&] { forkRequest(runs_.path("data"), 0, {}); }).empty());
    QVERIFY(!fs::exists(never));
}

void TestFork::differencesAreListed() {
    const Value a = parseToml("x = 1\n[mask]\nratio = 0.5\nunit = 2\n[[objective]]\nname = 'one'", "a");
    const Value b = parseToml("x = 1.0\n[mask]\nratio = 0.75\nkind = 'y'\n[[objective]]\nname = 'two'", "b");
    QCOMPARE(differingSettings(a, b), (std::vector<std::string>{"mask.ratio: 0.5 | 0.75", "mask.unit: 2 | none",
                                                                "objective.0.name: \"one\" | \"two\"", "mask.kind: none | \"y\""}));
    QVERIFY(differingSettings(a, a).empty());
}

MASKSCOPE_TEST(TestFork)
#include "tst_fork.moc"
