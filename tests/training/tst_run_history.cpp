#include "training/run_history.h"

#include <fstream>

#include <QtTest>

#include "core/error.h"
#include "support/test_main.h"
#include "support/tiny_run.h"
#include "training/run_directory.h"
#include "training/trainer.h"

using namespace maskscope;

namespace {

namespace fs = std::filesystem;

/// What a watcher heard while the run was made.
class Listener : public TrainingObserver {
public:
    std::vector<StepRecord> steps;
    std::vector<ValidationRecord> validations;
    void onStep(const StepRecord& record) override { steps.push_back(record); }
    void onValidation(const ValidationRecord& record) override { validations.push_back(record); }
};

}  // namespace

class TestRunHistory : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        Trainer::start(runs_.path("run"), runs_.request(), {heard_}, {})->run(10, {});
        QCOMPARE(heard_->validations.size(), std::size_t{3});
    }

    void filesTellWhatAWatcherHeard() {
        const RunHistory history = readRunHistory(RunDirectory::open(runs_.path("run")));
        QCOMPARE(history.steps.size(), heard_->steps.size());
        for (std::size_t i = 0; i < history.steps.size(); ++i) {
            QCOMPARE(history.steps[i].step, heard_->steps[i].step);
            QCOMPARE(history.steps[i].loss, heard_->steps[i].loss);
            QCOMPARE(history.steps[i].learningRate, heard_->steps[i].learningRate);
            QCOMPARE(history.steps[i].gradientNorm, heard_->steps[i].gradientNorm);
            QCOMPARE(history.steps[i].seconds, heard_->steps[i].seconds);
        }
        QCOMPARE(history.validations.size(), heard_->validations.size());
        for (std::size_t i = 0; i < history.validations.size(); ++i) {
            const ValidationRecord &read = history.validations[i], &told = heard_->validations[i];
            QCOMPARE(read.step, told.step);
            QCOMPARE(read.pixelLoss, told.pixelLoss);
            QCOMPARE(read.skill, told.skill);
            QCOMPARE(read.baselines.meanPatch, told.baselines.meanPatch);
            QCOMPARE(read.baselines.nearestVisible, told.baselines.nearestVisible);
            QCOMPARE(read.baselines.inpaint, told.baselines.inpaint);
            QCOMPARE(read.objectives.size(), std::size_t{1});
            QCOMPARE(read.objectives.front().name, told.objectives.front().name);
            QCOMPARE(read.objectives.front().loss, told.objectives.front().loss);
        }
        QVERIFY(history.validations.front().baselines.inpaint > 0.0);
    }

    void olderRunsWithoutReferenceLinesOpenAsBefore() {
        copyRun("older");
        fs::remove(runs_.path("older") / "baselines.toml");
        const RunHistory history = readRunHistory(RunDirectory::open(runs_.path("older")));
        const BaselineRecord& read = history.validations.back().baselines;
        QVERIFY(std::abs(read.meanPatch - heard_->validations.back().baselines.meanPatch) < 1e-9);
        QCOMPARE(read.nearestVisible, 0.0);
        QCOMPARE(read.inpaint, 0.0);
    }

    void olderRunsGetThemWhenTheyGoOn() {
        copyRun("resumed");
        fs::remove(runs_.path("resumed") / "baselines.toml");
        Trainer::resume(runs_.path("resumed"), {}, {})->run(12, {});
        const RunHistory history = readRunHistory(RunDirectory::open(runs_.path("resumed")));
        QCOMPARE(history.validations.front().baselines.inpaint, heard_->validations.front().baselines.inpaint);
    }

    void damagedReferenceLinesAreNamed() {
        copyRun("damaged");
        std::ofstream(runs_.path("damaged") / "baselines.toml") << "mean_patch = 'much'\n";
        try {
            readRunHistory(RunDirectory::open(runs_.path("damaged")));
            QFAIL("nobody complained");
        } catch (const DataError& error) {
            QVERIFY2(QString::fromUtf8(error.what()).contains(QStringLiteral("baselines.toml: 'mean_patch'")), error.what());
        }
    }

private:
    void copyRun(const std::string& name) const { fs::copy(runs_.path("run"), runs_.path(name), fs::copy_options::recursive); }

    testing::TinyRuns runs_;
    std::shared_ptr<Listener> heard_ = std::make_shared<Listener>();
};

MASKSCOPE_TEST(TestRunHistory)
#include "tst_run_history.moc"
