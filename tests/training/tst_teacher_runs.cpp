// Runs with teachers: what losses remember and what teachers say is part of the run.
#include <torch/torch.h>

#include <QtTest>

#include "core/files.h"
#include "support/test_main.h"
#include "support/tiny_run.h"
#include "training/metrics_log.h"
#include "training/run_history.h"
#include "training/trainer.h"

using namespace maskscope;

namespace {

namespace fs = std::filesystem;

class Watcher : public TrainingObserver {
public:
    std::vector<ValidationRecord> validations;
    void onValidation(const ValidationRecord& record) override { validations.push_back(record); }
};

}  // namespace

class TestTeacherRuns : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void resumedEqualsUnbroken_data() {
        QTest::addColumn<QString>("id");
        for (const char* id : {"ibot", "msn", "i-jepa", "data2vec2", "attmask", "hpm", "maskfeat", "mfm", "igpt", "adios"}) QTest::newRow(id) << id;
    }

    void resumedEqualsUnbroken() {
        QFETCH(QString, id);
        const std::string name = id.toStdString();
        Trainer::start(runs_.path(name + " unbroken"), request(name), {}, {})->run(6, {});
        std::unique_ptr<Trainer> broken = Trainer::start(runs_.path(name + " broken"), request(name), {}, {});
        broken->begin(4, {});
        while (broken->hasNext()) {
            QVERIFY(broken->advance({}));
            broken->lookAtProbes();  // watching changes nothing
        }
        broken->finish({});
        broken->saveCheckpoint();
        broken.reset();
        Trainer::resume(runs_.path(name + " broken"), {}, {})->run(6, {});
        for (const char* file : {"model.safetensors", "optimizer.safetensors", "signals.safetensors"}) {
            const fs::path whole = runs_.path(name + " unbroken") / "checkpoints/step-6" / file;
            if (!fs::exists(whole)) continue;
            QVERIFY2(readFile(whole) == readFile(runs_.path(name + " broken") / "checkpoints/step-6" / file), file);
        }
        QCOMPARE(fs::exists(runs_.path(name + " unbroken") / "checkpoints/step-6/signals.safetensors"), name == "ibot" || name == "attmask");
    }

    void heldOutSamplesAreComparedWithABlindAnswer_data() { resumedEqualsUnbroken_data(); }

    void heldOutSamplesAreComparedWithABlindAnswer() {
        QFETCH(QString, id);
        const auto watcher = std::make_shared<Watcher>();
        Trainer::start(runs_.path(id.toStdString() + " blind"), request(id.toStdString()), {watcher}, {})->run(1, {});
        const ObjectiveRecord& first = watcher->validations.front().objectives.front();
        QVERIFY(std::isfinite(first.loss));
        QCOMPARE(first.trivial.has_value(), id != "hpm");  // compared by its pixels
        if (first.trivial) QVERIFY(std::isfinite(*first.trivial) && *first.trivial > 0.0);
        const RunHistory history = readRunHistory(RunDirectory::open(runs_.path(id.toStdString() + " blind")));  // the files tell it too
        const std::vector<ObjectiveRecord>& read = history.validations.front().objectives;
        QCOMPARE(read.size(), watcher->validations.front().objectives.size());
        QCOMPARE(read.front().loss, first.loss);
        QCOMPARE(read.front().trivial, first.trivial);
    }

    void teachersHeadsFollow() {
        const auto trainer = Trainer::start(runs_.path("follows"), request("ibot"), {}, {});
        const auto find = [&](const std::string& name) {
            for (const auto& [key, tensor] : trainer->method().namedState())
                if (key == name) return tensor;
            return at::Tensor();
        };
        const at::Tensor before = find("teacher_head_patches_one.layer0.weight").clone();
        trainer->run(3, {});
        const at::Tensor student = find("head_patches_one.layer0.weight"), teacher = find("teacher_head_patches_one.layer0.weight");
        QVERIFY(!at::equal(before, teacher));
        QVERIFY((teacher - before).abs().max().item<double>() < (student - before).abs().max().item<double>());
    }

private:
    TrainingRequest request(const std::string& id) const {
        return {.recipe = loadRecipe(id,
                                     {"classroom",
                                      {"input.size=16", "train.batch=8", "train.steps=12", "train.checkpoint_every=3", "train.validate_every=6",
                                       "train.snapshot_every=6", "train.threads=1", "train.schedule.warmup=2"}},
                                     resourcesFolder() / "recipes"),
                .data = runs_.data() / "train",
                .validation = runs_.data() / "test",
                .seed = 5,
                .device = "cpu"};
    }
    testing::TinyRuns runs_;
};

MASKSCOPE_TEST(TestTeacherRuns)
#include "tst_teacher_runs.moc"
