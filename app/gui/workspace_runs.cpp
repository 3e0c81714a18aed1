#include <QDir>
#include <QFileInfo>
#include <algorithm>

#include "analysis/doctor.h"
#include "app/gui/workspace.h"
#include "core/error.h"
#include "training/fork.h"
#include "training/run_directory.h"
#include "training/stage_ends.h"
#include "training/training_session.h"

namespace maskscope {
namespace {

RunState watchedState(const RunGlance& glance, const OpenRun& run) {
    if (glance.isBeingWritten) return RunState::Watching;
    return run.step >= glance.scheduleSteps ? RunState::Finished : RunState::Stopped;
}

}  // namespace

/// A folder that does not exist yet: "mae", "mae-2", ...
QString Workspace::freshFolder(const QString& parent, const QString& stem) {
    QDir().mkpath(parent);
    for (int n = 1;; ++n) {
        const QString folder = parent + QLatin1Char('/') + stem + (n == 1 ? QString() : QStringLiteral("-%1").arg(n));
        if (!QFileInfo::exists(folder)) return folder;
    }
}

bool Workspace::isLive(const OpenRun* run) const { return run != nullptr && run->id == liveId_ && session_.session() != nullptr; }

OpenRun* Workspace::find(const QString& id) const {
    for (const auto& run : runs_) {
        if (run->id == id) return run.get();
    }
    return nullptr;
}

void Workspace::connectSession() {
    connect(&session_, &SessionBridge::stepsCame, this, [this](const std::vector<StepRecord>& records, bool lost) {
        OpenRun* run = find(liveId_);
        if (run == nullptr) return;
        takeSteps(*run, records);
        if (lost) say(tr("Some steps came faster than the window could draw them; metrics.csv has them all"));
    });
    connect(&session_, &SessionBridge::validated, this, [this](const std::shared_ptr<const ValidationRecord>& record) {
        OpenRun* run = find(liveId_);
        if (run == nullptr) return;
        std::erase_if(run->validations, [&](const ValidationRecord& old) { return old.step >= record->step; });
        takeValidation(*run, *record);
        examine(*run);
        askEmbedding();
        Q_EMIT pointsCame();
    });
    connect(&session_, &SessionBridge::spreadCame, this, [this](const std::shared_ptr<const FeatureSpread>& spread) {
        OpenRun* run = find(liveId_);
        if (run == nullptr) return;
        run->spreads.push_back(*spread);
        const CurvePoint point{static_cast<double>(spread->step), spread->tokenRank};
        try {
            curves_.append(run->id, Metric::FeatureRank, std::span(&point, 1));
        } catch (const UsageError&) {
            // a resume took it back, as above
        }
    });
    connect(&session_, &SessionBridge::probed, this, [this] {
        if (isLive(current_)) showLiveProbes();
    });
    connect(&session_, &SessionBridge::weightsCame, this, [this] {
        if (!isLive(current_) || !following_) return;
        if (hasOwnMask() || !showsLiveProbes()) askPicture();
        attentionDue_ = true;
    });
    connect(&session_, &SessionBridge::worked, this, [this](const std::shared_ptr<const WorkRecord>& work) {
        work_ = QString::fromStdString(work->what);
        workShare_ = work->total > 0 ? static_cast<double>(work->done) / static_cast<double>(work->total) : -1.0;
    });
    connect(&session_, &SessionBridge::noticed, this, [this](const QString& line) { say(line); });
    connect(&session_, &SessionBridge::checkpointSaved, this, [this](qint64 step) {
        OpenRun* run = find(liveId_);
        if (run == nullptr) return;
        run->watcher->glance();  // thinning may have removed others
        say(tr("Checkpoint %1 saved").arg(QLocale().toString(step)), StatusLine::Tone::Done);
    });
    connect(&session_, &SessionBridge::statusChanged, this, [this](const SessionStatus& status) {
        if (OpenRun* run = find(liveId_)) {
            run->step = std::max<qint64>(run->step, status.step);
            if (status.lastStep > 0) run->lastStep = status.lastStep;
            // Told by the message, not by the state: a run that goes on and pauses again within a poll has not changed its state
            const QString failure = status.state == SessionState::Paused ? QString::fromStdString(status.failure) : QString();
            if (std::exchange(pauseFailure_, failure) != failure && !failure.isEmpty()) {
                run->warnings.push_back({run->step, failure});
                say(failure, StatusLine::Tone::Error);
            }
        }
        Q_EMIT statusChanged();
    });
    connect(&session_, &SessionBridge::stateChanged, this, &Workspace::onSessionState);
}

void Workspace::onSessionState(SessionState state) {
    OpenRun* run = find(liveId_);
    if (run == nullptr) return;
    run->state = runStateOf(state);
    if (state != SessionState::Preparing) work_.clear();
    if (state == SessionState::Failed) {
        run->failure = QString::fromStdString(session_.status().failure);
        run->warnings.push_back({run->step, run->failure});
        say(run->failure, StatusLine::Tone::Error);
    }
    if (state == SessionState::Finished) say(tr("Training is done: %1 steps").arg(QLocale().toString(run->step)), StatusLine::Tone::Done);
    if (state == SessionState::Stopped)
        say(tr("Stopped at step %1; Resume goes on from there").arg(QLocale().toString(run->step)), StatusLine::Tone::Done);
    run->watcher->glance();
    examine(*run);
    Q_EMIT runsChanged();
    Q_EMIT statusChanged();
    if (!isOver(state)) return;
    ask();
    askForecast();
    if (state == SessionState::Failed) twins_.clear();
    QTimer::singleShot(0, this, &Workspace::beginNextTwin);  // once the bridge has told everything of this one
}

OpenRun* Workspace::addRun(const QString& folder, const Recipe& recipe) {
    if (OpenRun* known = find(folder)) return known;
    while (!curves_.freeStyle() && !runs_.empty()) {
        const auto oldest = std::find_if(runs_.begin(), runs_.end(), [this](const auto& run) { return !isLive(run.get()); });
        if (oldest == runs_.end()) break;
        say(tr("Eight runs are shown at most: %1 was closed").arg((*oldest)->name));
        curves_.removeRun((*oldest)->id);
        if (current_ == oldest->get()) current_ = nullptr;
        runs_.erase(oldest);
    }
    auto run = std::make_unique<OpenRun>();
    run->id = folder;
    run->name = QFileInfo(folder).fileName();
    run->style = curves_.freeStyle().value_or(0);
    run->recipe = recipe;
    run->settings = flatSettings(recipe.root);
    curves_.addRun(run->id, run->name, run->style);
    curves_.setSampleKind(run->id, domainOf(recipe));
    run->watcher = std::make_unique<RunWatcher>(folder.toStdString());
    OpenRun* raw = run.get();
    connect(run->watcher.get(), &RunWatcher::glanced, this, [this, folder](const std::shared_ptr<const RunGlance>& glance) {
        if (OpenRun* found = find(folder)) takeGlance(*found, *glance);
    });
    connect(run->watcher.get(), &RunWatcher::failed, this, [this, folder](const QString& what) {
        OpenRun* found = find(folder);
        if (found == nullptr || isLive(found) || found->failure == what) return;
        found->state = RunState::Failed;
        found->failure = what;
        found->isUnreadable = true;
        examine(*found);
        say(what, StatusLine::Tone::Error);
        Q_EMIT runsChanged();
        Q_EMIT statusChanged();
    });
    runs_.push_back(std::move(run));
    Q_EMIT runsChanged();
    return raw;
}

void Workspace::beginSession(const QString& folder, const Recipe& recipe, std::unique_ptr<LiveSession> session) {
    OpenRun* run = addRun(folder, recipe);
    run->failure.clear();
    run->isUnreadable = false;
    run->state = RunState::Preparing;
    following_ = true;
    leaveSession();  // perhaps of the same run, which is then watched
    run->watcher->stop();
    liveId_ = folder;
    session_.attach(std::move(session));
    setCurrentRun(folder);
    Q_EMIT cursorChanged();
}

/// What Start trains: the recipe that is shown, on the data that are shown. Both may be a run's.
TrainingRequest Workspace::nextRequest() const {
    const OpenRun* shown = find(shownDataOf_);
    return {.recipe = reading_->recipe,
            .data = (shown == nullptr ? project_.data : shown->data).toStdString(),
            .validation = (shown == nullptr ? project_.validation : shown->validation).toStdString(),
            .seed = project_.seed,
            .device = project_.device.toStdString()};
}

void Workspace::start() {
    if (!problem().isEmpty()) return say(problem(), StatusLine::Tone::Error);
    if (data_ == nullptr || reading_ == nullptr || session_.isActive() || looksAtCheckpoint()) return;
    forecasts_.cancel();
    try {
        TrainingRequest request = nextRequest();
        const Recipe recipe = request.recipe;
        const QString folder = freshFolder(runsFolder(), QString::fromStdString(recipe.id));
        const QString data = QString::fromStdString(request.data.string()), validation = QString::fromStdString(request.validation.string());
        auto session = TrainingSession::start(folder.toStdString(), std::move(request));
        OpenRun* run = addRun(folder, recipe);
        run->data = data;
        run->validation = validation;
        beginSession(folder, recipe, std::move(session));
    } catch (const std::exception& error) {
        say(QString::fromStdString(error.what()), StatusLine::Tone::Error);
    }
}

void Workspace::pause() {
    if (session_.session() != nullptr) session_.session()->pause();
}

void Workspace::continueTraining() {
    if (session_.session() != nullptr) session_.session()->resumeTraining();
}

void Workspace::resumeRun() {
    if (current_ == nullptr || session_.isActive()) return;
    if (session_.isLeaving()) return say(tr("The run that was left is still saving; try again in a moment"), StatusLine::Tone::Warning);
    forecasts_.cancel();
    try {
        const QString folder = current_->id;
        beginSession(folder, current_->recipe, TrainingSession::resume(folder.toStdString()));
    } catch (const std::exception& error) {
        say(QString::fromStdString(error.what()), StatusLine::Tone::Error);
    }
}

void Workspace::singleStep() {
    if (session_.session() != nullptr) session_.session()->step();
}

void Workspace::stop() {
    if (session_.session() != nullptr) session_.session()->stop();
}

/// What trains is asked to stop and watched from outside until it has saved.
void Workspace::leaveSession() {
    OpenRun* live = find(liveId_);
    const bool wasOver = session_.session() == nullptr || isOver(session_.status().state);
    session_.detach();
    liveId_.clear();
    if (live == nullptr) return;
    if (!wasOver) live->state = RunState::Saving;
    live->watcher->start();
}

bool Workspace::endSessions() {
    twins_.clear();
    forecasts_.cancel();
    leaveSession();
    return session_.isLeaving();
}

void Workspace::fork(const QString& run, qint64 step, const QStringList& settings) {
    twins_.clear();
    beginFork(run, step, settings, QStringLiteral("-fork"));
}

void Workspace::beginFork(const QString& runId, qint64 step, const QStringList& settings, const QString& suffix) {
    const OpenRun* parent = find(runId);
    if (parent == nullptr) return;
    const QString name = parent->name, data = parent->data, validation = parent->validation;  // adding a run may close this one
    std::vector<std::string> changes;
    for (const QString& setting : settings) changes.push_back(setting.toStdString());
    try {
        TrainingRequest request = forkRequest(runId.toStdString(), step, changes);
        readRecipe(request.recipe);  // refuses settings that cannot be before anything is stopped
        forecasts_.cancel();
        const QString folder = freshFolder(QFileInfo(runId).path(), name + suffix);
        const Recipe recipe = request.recipe;
        auto session = TrainingSession::start(folder.toStdString(), std::move(request));
        OpenRun* run = addRun(folder, recipe);
        run->firstStep = run->step = step;
        run->forkedFrom = runId;
        run->data = data;
        run->validation = validation;
        beginSession(folder, recipe, std::move(session));
    } catch (const std::exception& error) {
        say(QString::fromStdString(error.what()), StatusLine::Tone::Error);
    }
}

void Workspace::startTwin(const QString& setting) {
    if (!setting.contains(QLatin1Char('='))) return say(tr("'%1' is no setting, expected key=value").arg(setting), StatusLine::Tone::Error);
    if (current_ == nullptr) start();
    if (current_ == nullptr) return;
    twins_.push_back({current_->id, setting});
    if (!session_.isActive()) return beginNextTwin();
    say(tr("The twin with %1 starts when %2 is done").arg(setting, current_->name));
}

/// Twins train one after the other: side by side they would take each other's time.
void Workspace::beginNextTwin() {
    if (twins_.empty() || session_.isActive()) return;
    const Twin twin = twins_.front();
    twins_.pop_front();
    if (find(twin.parent) == nullptr) return beginNextTwin();
    beginFork(twin.parent, find(twin.parent)->firstStep, {twin.setting}, QStringLiteral("-twin"));
    if (current_ != nullptr && current_->forkedFrom == twin.parent) compare(twin.parent, current_->id);
}

void Workspace::openRun(const QString& path) {
    const QString folder = QDir(path).absolutePath();
    try {
        const RunDirectory directory = RunDirectory::open(folder.toStdString());
        const RunDescription description = RunDescription::fromValue(directory.content(), directory.runFile().string());
        OpenRun* run = addRun(folder, description.request.recipe);
        run->data = QString::fromStdString(description.request.data.string());
        run->validation = QString::fromStdString(description.request.validation.string());
        if (description.request.origin) {
            run->forkedFrom = QString::fromStdString(description.request.origin->run.string());
            run->firstStep = description.request.origin->step;
        }
        run->watcher->start();
        setCurrentRun(folder);
    } catch (const Error& error) {
        say(QString::fromStdString(error.what()), StatusLine::Tone::Error);
    }
}

void Workspace::takeSteps(OpenRun& run, const std::vector<StepRecord>& records) {
    if (records.empty()) return;
    const RunCurves::Run* shown = curves_.find(run.id);
    const CurveSeries& losses = shown->of(Metric::TrainingLoss);
    if (!losses.empty() && losses.lastStep() >= static_cast<double>(records.front().step))
        curves_.cutAfter(run.id, static_cast<double>(records.front().step - 1));
    run.add(records);
    curves_.append(run.id, records);
    if (&run == current_ && following_) {
        cursor_ = run.step;
        Q_EMIT cursorChanged();
    }
    Q_EMIT pointsCame();
}

void Workspace::takeValidation(OpenRun& run, const ValidationRecord& record) {
    run.validations.push_back(record);
    ValidationRecord shown = record;
    // Runs of older versions keep one of the three reference lines: enough for the doctor, too little for the curves
    if (shown.baselines.inpaint <= 0.0) shown.baselines = {};
    try {
        curves_.append(run.id, shown);
    } catch (const UsageError&) {
        // the step was validated before a resume took it back
    }
}

void Workspace::takeGlance(OpenRun& run, const RunGlance& glance) {
    const auto before = run.checkpoints;
    run.checkpoints = glance.checkpoints;
    run.started = glance.started;
    if (run.lastStep == 0) run.lastStep = glance.scheduleSteps;
    if (!isLive(&run)) {
        if (glance.isWhole && !glance.steps.empty()) {
            curves_.cutAfter(run.id, -1.0);
            run.cutAfter(-1);
            run.checkpoints = glance.checkpoints;
        }
        if (std::exchange(run.isUnreadable, false)) run.failure.clear();
        takeSteps(run, glance.steps);
        for (const ValidationRecord& record : glance.validations) takeValidation(run, record);
        if (!glance.checkpoints.empty()) run.step = std::max(run.step, glance.checkpoints.back());
        run.state = run.failure.isEmpty() ? watchedState(glance, run) : RunState::Failed;
        if (!glance.steps.empty()) examine(run);
    }
    for (const QString& problem : glance.problems) {
        if (run.knownProblems.contains(problem)) continue;
        run.knownProblems << problem;
        run.warnings.push_back({run.step, problem});
        say(problem, StatusLine::Tone::Warning);
    }
    Q_EMIT runsChanged();
    Q_EMIT statusChanged();
    if (before == run.checkpoints) return;
    if (isLive(&run)) examine(run);  // there is something to go back to
    if (run.id == comparedIds_[0] || run.id == comparedIds_[1]) askComparison();
    if (&run != current_) return;
    askOverTime();
    askCheckup();
    if (following_) {
        cursor_ = run.step;
        Q_EMIT cursorChanged();
    }
    if (!isLive(&run)) ask();
}

void Workspace::setCurrentRun(const QString& id) {
    OpenRun* run = find(id);
    if (run == nullptr) return;
    leaveCheckpoint();
    current_ = run;
    if (following_) cursor_ = run->step;
    mask_.clear();
    shownMask_.clear();
    showRunData(*run);
    Q_EMIT currentRunChanged();
    Q_EMIT runsChanged();
    Q_EMIT cursorChanged();
    Q_EMIT statusChanged();
    Q_EMIT leaksChecked(nullptr, {});  // of the run before
    if (run->health) Q_EMIT healthChanged(run->health);
    ask();
}

/// The run's recipe in place of the project's, and its data where they are others.
void Workspace::showRunData(const OpenRun& run) {
    const bool projectsData = run.data == project_.data && run.validation == project_.validation && shownDataOf_.isEmpty() && data_ != nullptr;
    try {
        auto reading = std::make_shared<const RecipeReading>(readRecipe(run.recipe));
        const bool sameInput = reading_ != nullptr && inputOf(reading_->recipe) == inputOf(run.recipe);
        reading_ = reading;
        if (shownDataOf_ == run.id || (projectsData && sameInput)) {
            askTrial();
            return Q_EMIT projectChanged();
        }
        Project project = project_;
        project.data = run.data;
        project.validation = run.validation;
        shownDataOf_ = run.id;
        samples_.clear();
        data_.reset();
        // A fork that is only being made has its parent's
        const bool isMade = QFileInfo::exists(run.id + QStringLiteral("/run.toml"));
        dataDesk_.open(project, *reading, isMade ? run.id : run.forkedFrom);
        Q_EMIT projectChanged();
    } catch (const Error& error) {
        say(QString::fromStdString(error.what()), StatusLine::Tone::Error);
    }
}

void Workspace::examine(OpenRun& run) {
    const std::vector<StepRecord> steps(run.steps.begin(), run.steps.end());
    if (steps.empty() && run.failure.isEmpty()) return;
    const std::vector<std::int64_t> checkpoints(run.checkpoints.begin(), run.checkpoints.end());
    double warmup = 0.0;
    StageSpan stage{0, run.lastStep};
    try {
        warmup = TrainSettings::read(run.recipe.root).lrSchedule().warmupSteps();
        stage = presentStage(expandRecipe(run.recipe.root), run.lastStep, steps.empty() ? 0 : steps.back().step);
    } catch (const Error&) {
        warmup = 0.0;  // a recipe of another version: judged without
    }
    // While checkpoints are examined one after the other, features of the beginning are none of the present
    const bool isExamined = isLive(&run) || (checkupOf_ != run.id && (run.checkpoints.empty() || run.checkedStep >= run.checkpoints.back()));
    const std::vector<FeatureSpread> spreads = isExamined ? run.spreads : std::vector<FeatureSpread>();
    run.health = std::make_shared<const HealthRecord>(examineRun({.steps = steps,
                                                                  .validations = run.validations,
                                                                  .spreads = spreads,
                                                                  .checkpoints = checkpoints,
                                                                  .stageBegin = stage.begin,
                                                                  .scheduleSteps = stage.end - stage.begin,
                                                                  .warmupSteps = warmup,
                                                                  .failure = run.failure.toStdString()}));
    if (&run == current_) Q_EMIT healthChanged(run.health);
}

ControlStatus Workspace::controlStatus() const {
    ControlStatus status;
    status.cannotStart = problem();
    if (data_ == nullptr && status.cannotStart.isEmpty())
        status.cannotStart = work_.isEmpty() ? tr("The data are being opened.") : tr("The data are being prepared: %1.").arg(work_);
    status.memoryBytes = session_.status().residentBytes;
    status.memoryLimit = status.memoryBytes > 0 ? memoryLimit_ : 0.0;
    if (looksAtCheckpoint()) status.cannotStart = tr("A checkpoint is open: train a decoder on it from its card, or close it there to set up a run.");
    if (reading_ != nullptr && !looksAtCheckpoint()) status.lastStep = reading_->settings.steps;
    status.work = work_;
    status.workShare = workShare_;
    if (current_ == nullptr) return status;
    status.kind = domainOf(current_->recipe);
    status.state = current_->state;
    status.step = current_->step;
    status.lastStep = current_->lastStep > 0 ? current_->lastStep : status.lastStep;
    status.hasCheckpoint = !current_->checkpoints.empty();
    if (isActive(current_->state)) status.samplesPerSecond = current_->imagesPerSecond;
    if (current_->health) {
        status.verdict = current_->health->verdict;
        status.verdictSentence = QString::fromStdString(current_->health->sentence);
    }
    if (current_->state == RunState::Watching) {
        status.samplesPerSecond = current_->imagesPerSecond;
        status.secondsPerStep = current_->secondsPerStep();
        status.secondsLeft = status.secondsPerStep * static_cast<double>(std::max<qint64>(0, status.lastStep - status.step));
    }
    if (!isLive(current_)) return status;
    const SessionStatus& live = session_.status();
    status.secondsLeft = isOver(live.state) ? 0.0 : live.secondsLeft;
    status.secondsPerStep = live.secondsPerStep;
    status.split = live.split;
    return status;
}

}  // namespace maskscope
