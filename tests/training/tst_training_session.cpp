#include "training/training_session.h"

#include <chrono>
#include <fstream>
#include <set>
#include <thread>

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "interop/weights.h"
#include "support/test_main.h"
#include "support/tiny_run.h"
#include "training/checkpoint_store.h"
#include "training/metrics_log.h"
#include "training/trainer.h"

using namespace maskscope;

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Waits at most half a minute for what another thread is to bring about.
template <typename Condition>
bool eventually(Condition condition) {
    for (int i = 0; i < 30'000; ++i) {
        if (condition()) return true;
        std::this_thread::sleep_for(1ms);
    }
    return false;
}

bool reaches(const TrainingSession& session, SessionState state) {
    return eventually([&] { return session.status().state == state || (isOver(session.status().state) && !isOver(state)); }) &&
           session.status().state == state;
}

std::vector<double> column(const fs::path& run, const char* name) {
    const MetricsTable table = MetricsLog::read(run / "metrics.csv");
    std::vector<double> values;
    for (const auto& row : table.rows) values.push_back(row[table.column(name)].value_or(-1.0));
    return values;
}

std::int64_t newestCheckpoint(const fs::path& run) {
    return CheckpointStore(run / "checkpoints", CheckpointStore::Access::Read).newestComplete().value_or(-1);
}

template <typename Error, typename Call>
std::string messageOf(Call call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

class TestTrainingSession : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void runsToItsEndAndSaysEverything();
    void equalsTheTrainerItself();
    void watchedEqualsUnwatched_data();
    void watchedEqualsUnwatched();
    void pausesStepsAndGoesOn();
    void stopsWithACheckpointAndResumes();
    void goesAtOnceWhenItIsDestroyed_data();
    void goesAtOnceWhenItIsDestroyed();
    void savesWhenAsked();
    void theLastStepMayMove();
    void liveSettingsChangeTheRunAndAreKept();
    void otherSettingsAreRefusedWithAReason();
    void publishesWeightsOfTheStepOnDemand();
    void averagedWeightsAnswerWhereTheyAreKept();
    void nothingIsComputedForWhatNobodyWants();
    void aPausedSessionShowsWhatIsWanted();
    void tellsWhereTheTimeGoes();
    void failuresAreTold_data();
    void failuresAreTold();
    void aFullDiskPausesAndNothingIsLost();
    void aSleepingReaderHoldsNobodyUp();

private:
    testing::TinyRuns runs_;
};

void TestTrainingSession::runsToItsEndAndSaysEverything() {
    const auto session = TrainingSession::start(runs_.path("whole"), runs_.request());
    QVERIFY(canStop(session->status().state));
    QVERIFY(reaches(*session, SessionState::Finished));
    const auto drained = session->drainSteps();
    QCOMPARE(drained.records.size(), std::size_t{40});
    QCOMPARE(drained.records.back().step, std::int64_t{40});
    QCOMPARE(drained.lost, std::uint64_t{0});
    QVERIFY(session->drainSteps().records.empty());
    const SessionStatus status = session->status();
    QCOMPARE(status.step, std::int64_t{40});
    QCOMPARE(status.lastStep, std::int64_t{40});
    QCOMPARE(*status.savedStep, std::int64_t{40});
    QVERIFY(status.parameters > 1000);
    QCOMPARE(status.device, std::string("cpu"));
    QVERIFY(status.residentBytes > 1e6);
    QVERIFY(status.secondsPerStep > 0.0);
    QCOMPARE(session->validations().latest()->step, std::int64_t{40});
    QCOMPARE(session->probes().latest()->step, std::int64_t{40});
    QCOMPARE(session->summary().latest()->steps, std::int64_t{40});
    QVERIFY(session->work().latest() != nullptr);
    QVERIFY(!session->drainNotices().empty());
    QVERIFY(session->drainNotices().empty());
    QVERIFY(session->weights().latest() == nullptr);
}

void TestTrainingSession::equalsTheTrainerItself() {
    Trainer::start(runs_.path("by hand"), runs_.request(), {}, {})->run({}, {});
    QVERIFY(reaches(*TrainingSession::start(runs_.path("by session"), runs_.request()), SessionState::Finished));
    QVERIFY(runs_.modelBytes("by hand", 40) == runs_.modelBytes("by session", 40));
    QVERIFY(column(runs_.path("by hand"), "loss") == column(runs_.path("by session"), "loss"));
}

void TestTrainingSession::watchedEqualsUnwatched_data() {
    QTest::addColumn<QStringList>("settings");
    QTest::newRow("plain") << QStringList{};
    QTest::newRow("stochastic depth, augmentation, averaged weights")
        << QStringList{"encoder.drop_path=0.3", "encoder.depth=2", "train.augment.crop=random_resized", "train.ema=0.9"};
}

void TestTrainingSession::watchedEqualsUnwatched() {
    QFETCH(QStringList, settings);
    std::vector<std::string> more;
    for (const QString& setting : settings) more.push_back(setting.toStdString());
    const std::string name = QTest::currentDataTag();
    QVERIFY(reaches(*TrainingSession::start(runs_.path(name + " unwatched"), runs_.request(more)), SessionState::Finished));

    const auto watched = TrainingSession::start(runs_.path(name + " watched"), runs_.request(more), {.observingShare = 1e6});
    watched->setWanted(Topic::Probes, true);
    watched->setWanted(Topic::Features, true);
    std::set<std::int64_t> pictures, spreads, weights;
    for (int i = 0; !isOver(watched->status().state); ++i) {
        watched->requestWeights();
        if (i % 5 == 0) watched->pause();
        watched->step();
        watched->resumeTraining();
        if (i % 7 == 0) watched->saveNow();
        if (const auto record = watched->probes().latest()) pictures.insert(record->step);
        if (const auto record = watched->featureSpreads().latest()) spreads.insert(record->step);
        if (const auto record = watched->weights().latest()) weights.insert(record->step);
        std::this_thread::sleep_for(1ms);
    }
    QCOMPARE(watched->status().state, SessionState::Finished);
    QVERIFY2(pictures.size() > 9 && spreads.size() > 5 && weights.size() > 5, "it was not watched in earnest");
    QVERIFY(runs_.modelBytes(name + " unwatched", 40) == runs_.modelBytes(name + " watched", 40));
    QVERIFY(column(runs_.path(name + " unwatched"), "loss") == column(runs_.path(name + " watched"), "loss"));
    QVERIFY(column(runs_.path(name + " unwatched"), "val_loss") == column(runs_.path(name + " watched"), "val_loss"));
}

void TestTrainingSession::pausesStepsAndGoesOn() {
    const auto session = TrainingSession::start(runs_.path("paused"), runs_.request(), {.startPaused = true});
    QVERIFY(reaches(*session, SessionState::Paused));
    QCOMPARE(session->status().step, std::int64_t{0});
    QVERIFY(canStep(SessionState::Paused) && canResume(SessionState::Paused) && !canPause(SessionState::Paused));
    QVERIFY(session->probes().latest() != nullptr);  // before the first step
    for (const std::int64_t step : {1, 2}) {
        session->step();
        QVERIFY(eventually([&] { return session->status().step == step && session->status().state == SessionState::Paused; }));
    }
    std::this_thread::sleep_for(30ms);
    QCOMPARE(session->status().step, std::int64_t{2});
    session->resumeTraining();
    QVERIFY(eventually([&] { return session->status().step > 4; }));
    session->pause();
    QVERIFY(reaches(*session, SessionState::Paused));
    const std::int64_t held = session->status().step;
    std::this_thread::sleep_for(30ms);
    QCOMPARE(session->status().step, held);
    session->resumeTraining();
    QVERIFY(reaches(*session, SessionState::Finished));
    session->pause();  // too late: nothing happens
    session->step();
    QCOMPARE(session->status().state, SessionState::Finished);
}

void TestTrainingSession::stopsWithACheckpointAndResumes() {
    {
        const auto session = TrainingSession::start(runs_.path("stopped"), runs_.request());
        QVERIFY(eventually([&] { return session->status().step >= 5; }));
        session->stop();
        QVERIFY(reaches(*session, SessionState::Stopped));
        QVERIFY(session->summary().latest()->stopped);
        QCOMPARE(newestCheckpoint(runs_.path("stopped")), session->status().step);
    }
    const auto again = TrainingSession::resume(runs_.path("stopped"));
    QVERIFY(reaches(*again, SessionState::Finished));
    Trainer::start(runs_.path("not stopped"), runs_.request(), {}, {})->run({}, {});
    QVERIFY(runs_.modelBytes("stopped", 40) == runs_.modelBytes("not stopped", 40));
}

void TestTrainingSession::goesAtOnceWhenItIsDestroyed_data() {
    QTest::addColumn<bool>("paused");
    QTest::addColumn<bool>("running");
    QTest::newRow("while it prepares") << false << false;
    QTest::newRow("while it runs") << false << true;
    QTest::newRow("while it is paused") << true << true;
}

void TestTrainingSession::goesAtOnceWhenItIsDestroyed() {
    QFETCH(bool, paused);
    QFETCH(bool, running);
    const std::string name = std::string("gone ") + QTest::currentDataTag();
    auto session = TrainingSession::start(runs_.path(name), runs_.request({"train.steps=1000000"}), {.startPaused = paused});
    if (running) QVERIFY(reaches(*session, paused ? SessionState::Paused : SessionState::Running));
    const auto start = std::chrono::steady_clock::now();
    session.reset();
    QVERIFY(std::chrono::steady_clock::now() - start < 5s);
    if (running) QVERIFY(Trainer::resume(runs_.path(name), {}, {})->step() >= 0);  // whole, and nobody holds it
}

void TestTrainingSession::savesWhenAsked() {
    const auto session = TrainingSession::start(runs_.path("saved"), runs_.request({"train.checkpoint_every=1000"}), {.startPaused = true});
    QVERIFY(reaches(*session, SessionState::Paused));
    session->step();
    QVERIFY(eventually([&] { return session->status().step == 1; }));
    session->saveNow();
    QVERIFY(eventually([&] { return session->status().savedStep == 1; }));
    QCOMPARE(newestCheckpoint(runs_.path("saved")), std::int64_t{1});
    QVERIFY(reaches(*session, SessionState::Paused));
}

void TestTrainingSession::theLastStepMayMove() {
    const auto session = TrainingSession::start(runs_.path("moved"), runs_.request(), {.lastStep = 3, .startPaused = true});
    QVERIFY(reaches(*session, SessionState::Paused));
    QCOMPARE(session->status().lastStep, std::int64_t{3});
    session->setLastStep(6);
    session->resumeTraining();
    QVERIFY(reaches(*session, SessionState::Finished));
    QCOMPARE(session->status().step, std::int64_t{6});
}

void TestTrainingSession::liveSettingsChangeTheRunAndAreKept() {
    const std::vector<std::string> settings{"train.schedule.kind=constant", "train.schedule.warmup=0", "train.optimizer.lr=0.001"};
    const fs::path run = runs_.path("live");
    {
        const auto session = TrainingSession::start(run, runs_.request(settings), {.startPaused = true});
        QVERIFY(reaches(*session, SessionState::Paused));
        QCOMPARE(session->liveSettings().front().key, std::string("train.optimizer.lr"));
        QCOMPARE(session->liveSettings().front().value, 0.001);
        session->step();
        QVERIFY(eventually([&] { return session->status().step == 1; }));
        session->set("train.optimizer.lr", 0.0005);
        session->set("train.checkpoint_every", 3);
        QCOMPARE(session->liveSettings().front().value, 0.0005);
        session->setLastStep(7);
        session->resumeTraining();
        QVERIFY(reaches(*session, SessionState::Finished));
        QCOMPARE(column(run, "lr"), (std::vector<double>{0.001, 0.0005, 0.0005, 0.0005, 0.0005, 0.0005, 0.0005}));
        QVERIFY(fs::exists(run / "checkpoints" / "step-6" / "state.json"));
    }
    Trainer::resume(run, {}, {})->run(9, {});
    QCOMPARE(column(run, "lr")[8], 0.0005);
    CheckpointStore(run / "checkpoints", CheckpointStore::Access::Write).cutAfter(0);
    Trainer::resume(run, {}, {})->run(3, {});  // from before the change
    QCOMPARE(column(run, "lr"), (std::vector<double>{0.001, 0.001, 0.001}));
}

void TestTrainingSession::otherSettingsAreRefusedWithAReason() {
    const auto session = TrainingSession::start(runs_.path("refused"), runs_.request(), {.startPaused = true});
    QVERIFY(reaches(*session, SessionState::Paused));
    const auto refusal = [&](const char* key, double value) { return messageOf<Error>([&] { session->set(key, value); }); };
    QVERIFY(refusal("mask.ratio", 0.5).find("fork") != std::string::npos);
    QVERIFY(refusal("train.optimizer.l", 0.5).find("did you mean 'train.optimizer.lr'") != std::string::npos);
    QVERIFY(refusal("train.optimizer.lr", -1.0).find("lr") != std::string::npos);
    QVERIFY(refusal("train.checkpoint_every", 2.5).find("checkpoint_every") != std::string::npos);
    QCOMPARE(session->liveSettings().front().value, 2e-3);  // as before
    session->stop();
    QVERIFY(reaches(*session, SessionState::Stopped));
    QVERIFY(refusal("train.optimizer.lr", 1e-3).find("over") != std::string::npos);
}

void TestTrainingSession::publishesWeightsOfTheStepOnDemand() {
    const auto session = TrainingSession::start(runs_.path("published"), runs_.request(), {.startPaused = true});
    QVERIFY(reaches(*session, SessionState::Paused));
    QVERIFY(session->weights().latest() == nullptr);
    std::vector<std::shared_ptr<const PublishedWeights>> published;
    for (const std::int64_t step : {0, 1, 2}) {
        session->requestWeights();
        QVERIFY(eventually([&] { return session->weights().latest() && session->weights().latest()->step == step; }));
        published.push_back(session->weights().latest());
        session->saveNow();
        QVERIFY(eventually([&] { return session->status().savedStep == step; }));
        session->step();
        QVERIFY(eventually([&] { return session->status().step == step + 1; }));
    }
    QCOMPARE(published[0]->spec, published[2]->spec);
    for (const auto& weights : published) {  // those of earlier steps have not changed since
        const Weights saved = openWeights(runs_.path("published") / "checkpoints" / ("step-" + std::to_string(weights->step)));
        QCOMPARE(saved.names().size(), weights->tensors.size());
        for (const auto& [name, tensor] : weights->tensors) QVERIFY(at::equal(saved.tensor(name), tensor));
    }
    QVERIFY(!at::equal(published[0]->tensors.back().second, published[2]->tensors.back().second) ||
            !at::equal(published[0]->tensors.front().second, published[2]->tensors.front().second));
}

void TestTrainingSession::averagedWeightsAnswerWhereTheyAreKept() {
    const auto session = TrainingSession::start(runs_.path("averaged"), runs_.request({"train.ema=0.5"}), {.startPaused = true});
    QVERIFY(reaches(*session, SessionState::Paused));
    for (int i = 0; i < 4; ++i) session->step();
    QVERIFY(eventually([&] { return session->status().step == 4; }));
    session->requestWeights();
    QVERIFY(eventually([&] { return session->weights().latest() != nullptr; }));
    const auto weights = session->weights().latest();
    QVERIFY(weights->averaged);
    const CheckpointStore store(runs_.path("averaged") / "checkpoints", CheckpointStore::Access::Read);
    for (const auto& [name, tensor] : store.loadWeights(4, true))
        for (const auto& [other, published] : weights->tensors)
            if (name == other) QVERIFY(at::equal(tensor, published));
}

void TestTrainingSession::nothingIsComputedForWhatNobodyWants() {
    const std::vector<std::string> settings{"train.snapshot_every=1000", "train.validate_every=1000"};
    const auto alone = TrainingSession::start(runs_.path("alone"), runs_.request(settings));
    QVERIFY(reaches(*alone, SessionState::Finished));
    QCOMPARE(alone->probes().count(), std::uint64_t{2});  // steps 0 and 40: those that the run keeps
    QVERIFY(alone->featureSpreads().latest() == nullptr);
    QCOMPARE(alone->status().split.observing, 0.0);

    const auto watched = TrainingSession::start(runs_.path("wanted"), runs_.request(settings), {.startPaused = true, .observingShare = 1e6});
    watched->setWanted(Topic::Probes, true);
    QVERIFY(reaches(*watched, SessionState::Paused));
    watched->resumeTraining();
    QVERIFY(reaches(*watched, SessionState::Finished));
    QVERIFY(watched->probes().count() >= 40);
    QVERIFY(watched->featureSpreads().latest() == nullptr);
    QVERIFY(watched->status().split.observing > 0.0);
}

void TestTrainingSession::aPausedSessionShowsWhatIsWanted() {
    const auto session = TrainingSession::start(runs_.path("shown"), runs_.request(), {.startPaused = true, .observingShare = 1e-9});
    QVERIFY(reaches(*session, SessionState::Paused));
    session->setWanted(Topic::Features, true);
    QVERIFY(eventually([&] { return session->featureSpreads().latest() != nullptr; }));
    const auto spread = session->featureSpreads().latest();
    QCOMPARE(spread->step, std::int64_t{0});
    QCOMPARE(spread->images, std::int64_t{10});
    QCOMPARE(spread->width, std::int64_t{16});
    QVERIFY(spread->deviation > 0.0 && spread->imageRank >= 1.0 && spread->imageRank <= 9.0 && spread->tokenRank <= 16.0);
    session->step();  // a single step is always shown, whatever the budget says
    QVERIFY(eventually([&] { return session->featureSpreads().latest()->step == 1; }));
}

void TestTrainingSession::tellsWhereTheTimeGoes() {
    const auto session = TrainingSession::start(runs_.path("time"), runs_.request());
    QVERIFY(reaches(*session, SessionState::Finished));
    const TimeSplit split = session->status().split;
    for (const double part : {split.loader, split.masks, split.compute, split.optimizer, split.validation, split.pictures, split.saving})
        QVERIFY(part > 0.0);
    const double whole = column(runs_.path("time"), "seconds").back();
    QVERIFY2(split.compute + split.optimizer < whole, "the parts are within the whole");
    QVERIFY2(split.compute > split.masks, "passes take longer than masks");
}

void TestTrainingSession::failuresAreTold_data() {
    QTest::addColumn<QStringList>("settings");
    QTest::addColumn<QString>("words");
    QTest::newRow("a recipe that cannot be") << QStringList{"objective.head.kind=linear"} << "cannot restore";
    QTest::newRow("a setting that does not exist") << QStringList{"train.stpes=3"} << "did you mean";
    QTest::newRow("a loss that is no number") << QStringList{"train.optimizer.lr=1e38", "train.schedule.warmup=0"} << "NaN at step 2 in ";
}

void TestTrainingSession::failuresAreTold() {
    QFETCH(QStringList, settings);
    QFETCH(QString, words);
    std::vector<std::string> more;
    for (const QString& setting : settings) more.push_back(setting.toStdString());
    const fs::path run = runs_.path(std::string("failed ") + QTest::currentDataTag());
    TrainingRequest request = runs_.request();
    applySettings(request.recipe.root, more);
    auto session = TrainingSession::start(run, request);
    session->setWanted(Topic::Features, true);  // what watches it is not what it dies of
    session->setWanted(Topic::Probes, true);
    QVERIFY(reaches(*session, SessionState::Failed));
    QVERIFY2(QString::fromStdString(session->status().failure).contains(words), session->status().failure.c_str());
    session.reset();
    if (fs::exists(run)) QVERIFY(newestCheckpoint(run) >= 0);
}

void TestTrainingSession::aFullDiskPausesAndNothingIsLost() {
    const fs::path run = runs_.path("full");
    const auto session = TrainingSession::start(run, runs_.request({"train.checkpoint_every=1000"}), {.startPaused = true});
    QVERIFY(reaches(*session, SessionState::Paused));
    session->step();
    QVERIFY(eventually([&] { return session->status().step == 1; }));
    fs::rename(run / "checkpoints", run / "elsewhere");  // root may write anywhere, but not where a file is in the way
    std::ofstream(run / "checkpoints") << "in the way";
    session->saveNow();
    QVERIFY(eventually([&] { return !session->status().failure.empty(); }));
    QVERIFY(reaches(*session, SessionState::Paused));
    fs::remove(run / "checkpoints");
    fs::rename(run / "elsewhere", run / "checkpoints");
    session->resumeTraining();
    QVERIFY(reaches(*session, SessionState::Finished));
    QVERIFY(session->status().failure.empty());
    QCOMPARE(newestCheckpoint(run), std::int64_t{40});
}

void TestTrainingSession::aSleepingReaderHoldsNobodyUp() {
    const auto session = TrainingSession::start(runs_.path("asleep"), runs_.request());
    session->setWanted(Topic::Probes, true);
    const auto held = [&] {
        eventually([&] { return session->probes().latest() != nullptr; });
        return session->probes().latest();
    }();
    const auto heldStep = held->step;
    QVERIFY(reaches(*session, SessionState::Finished));
    QCOMPARE(held->step, heldStep);
    QCOMPARE(session->drainSteps().records.size(), std::size_t{40});
}

MASKSCOPE_TEST(TestTrainingSession)
#include "tst_training_session.moc"
