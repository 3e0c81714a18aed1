#include <QDir>
#include <QFileInfo>
#include <algorithm>

#include "analysis/doctor.h"
#include "app/gui/workspace.h"
#include "core/error.h"
#include "training/fork.h"
#include "training/run_directory.h"

namespace maskscope {
namespace {

/// A folder that does not exist yet: "mae", "mae-2", ...
QString freshFolder(const QString& parent, const QString& stem) {
    QDir().mkpath(parent);
    for (int n = 1;; ++n) {
        const QString folder = parent + QLatin1Char('/') + stem + (n == 1 ? QString() : QStringLiteral("-%1").arg(n));
        if (!QFileInfo::exists(folder)) return folder;
    }
}

RunState watchedState(const RunGlance& glance, const OpenRun& run) {
    if (glance.isBeingWritten) return RunState::Watching;
    return run.step >= glance.scheduleSteps ? RunState::Finished : RunState::Stopped;
}

}  // namespace

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
        run->validations.push_back(*record);
        try {
            curves_.append(run->id, *record);
        } catch (const UsageError&) {
            // the step was validated before a resume took it back
        }
        if (record->pixelLoss) curves_.setBaselines(run->id, record->baselines);
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
            // as above
        }
    });
    connect(&session_, &SessionBridge::probed, this, [this](const std::shared_ptr<const ProbeRecord>& record) {
        OpenRun* run = find(liveId_);
        if (run == nullptr) return;
        run->pinnedMasks.clear();
        for (const Picture& picture : record->pictures) {
            const auto* image = std::get_if<ImagePicture>(&picture);
            run->pinnedMasks.push_back(image == nullptr ? std::vector<std::uint8_t>() : image->hidden);
        }
        if (run == current_) showLiveProbes();
    });
    connect(&session_, &SessionBridge::weightsCame, this, [this] {
        if (!isLive(current_) || !following_) return;
        if (hasOwnMask() || !showsLiveProbes()) askPicture();
        attentionDue_ = true;
        askComparison();
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
    if (state == SessionState::Paused && !session_.status().failure.empty()) {
        run->warnings.push_back({run->step, QString::fromStdString(session_.status().failure)});
        say(run->warnings.back().text, StatusLine::Tone::Error);
    }
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
    if (isOver(state)) ask();
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
        say(what, StatusLine::Tone::Error);
        Q_EMIT runsChanged();
        Q_EMIT statusChanged();
    });
    runs_.push_back(std::move(run));
    Q_EMIT runsChanged();
    return raw;
}

void Workspace::beginSession(const QString& folder, const Recipe& recipe, std::unique_ptr<TrainingSession> session) {
    OpenRun* run = addRun(folder, recipe);
    run->failure.clear();
    run->state = RunState::Preparing;
    liveId_ = folder;
    following_ = true;
    run->watcher->stop();
    session_.attach(std::move(session));
    setCurrentRun(folder);
    Q_EMIT cursorChanged();
}

void Workspace::start() {
    if (!problem().isEmpty()) return say(problem(), StatusLine::Tone::Error);
    if (project_.data.isEmpty() || session_.isActive()) return;
    const QString folder = freshFolder(runsFolder(), QFileInfo(project_.recipe).baseName());
    try {
        // What is shown may be another run's recipe
        reading_ = std::make_shared<const RecipeReading>(readRecipe(project_));
        if (!shownDataOf_.isEmpty()) openData();
        Q_EMIT projectChanged();
        TrainingRequest request{.recipe = reading_->recipe,
                                .data = project_.data.toStdString(),
                                .validation = project_.validation.toStdString(),
                                .seed = project_.seed,
                                .device = project_.device.toStdString()};
        auto session = TrainingSession::start(folder.toStdString(), std::move(request));
        OpenRun* run = addRun(folder, reading_->recipe);
        run->data = project_.data;
        run->validation = project_.validation;
        beginSession(folder, reading_->recipe, std::move(session));
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

void Workspace::fork(const QString& runId, qint64 step, const QStringList& settings) {
    const OpenRun* parent = find(runId);
    if (parent == nullptr) return;
    const QString name = parent->name, data = parent->data, validation = parent->validation;  // adding a run may close this one
    std::vector<std::string> changes;
    for (const QString& setting : settings) changes.push_back(setting.toStdString());
    try {
        TrainingRequest request = forkRequest(runId.toStdString(), step, changes);
        session_.detach();  // stops and saves
        if (OpenRun* live = find(liveId_)) {
            live->state = live->step >= live->lastStep ? RunState::Finished : RunState::Stopped;
            live->watcher->glance();
        }
        const QString folder = freshFolder(QFileInfo(runId).path(), name + QStringLiteral("-fork"));
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

void Workspace::takeGlance(OpenRun& run, const RunGlance& glance) {
    const auto before = run.checkpoints;
    run.checkpoints = glance.checkpoints;
    if (run.lastStep == 0) run.lastStep = glance.scheduleSteps;
    if (!isLive(&run)) {
        if (glance.isWhole && !glance.steps.empty()) curves_.cutAfter(run.id, -1.0);
        run.failure.clear();
        takeSteps(run, glance.steps);
        for (const ValidationRecord& record : glance.validations) {
            run.validations.push_back(record);
            // The folder keeps one of the three reference lines: enough for the doctor, too little for the curves
            ValidationRecord withoutLines = record;
            withoutLines.baselines = {};
            curves_.append(run.id, withoutLines);
        }
        if (!glance.checkpoints.empty()) run.step = std::max(run.step, glance.checkpoints.back());
        run.state = watchedState(glance, run);
        if (!glance.steps.empty()) examine(run);
    }
    Q_EMIT runsChanged();
    Q_EMIT statusChanged();
    if (&run != current_ || before == run.checkpoints) return;
    if (following_) {
        cursor_ = run.step;
        Q_EMIT cursorChanged();
    }
    if (!isLive(&run)) ask();
}

void Workspace::setCurrentRun(const QString& id) {
    OpenRun* run = find(id);
    if (run == nullptr) return;
    current_ = run;
    if (following_) cursor_ = run->step;
    mask_.clear();
    showRunData(*run);
    Q_EMIT currentRunChanged();
    Q_EMIT runsChanged();
    Q_EMIT cursorChanged();
    Q_EMIT statusChanged();
    if (run->health) Q_EMIT healthChanged(run->health);
    ask();
}

void Workspace::showRunData(const OpenRun& run) {
    const bool sameAsProject = run.data == project_.data && run.validation == project_.validation && shownDataOf_.isEmpty() && data_ != nullptr;
    if (sameAsProject || shownDataOf_ == run.id) return;
    try {
        Project project = project_;
        project.data = run.data;
        project.validation = run.validation;
        auto reading = std::make_shared<const RecipeReading>(readRecipe(run.recipe));
        shownDataOf_ = run.id;
        samples_.clear();
        data_.reset();
        reading_ = reading;
        dataDesk_.open(project, *reading);
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
    try {
        warmup = TrainSettings::read(run.recipe.root).lrSchedule().warmupSteps();
    } catch (const Error&) {
        warmup = 0.0;  // a recipe of another version: judged without
    }
    run.health = std::make_shared<const HealthRecord>(examineRun({.steps = steps,
                                                                  .validations = run.validations,
                                                                  .spreads = run.spreads,
                                                                  .checkpoints = checkpoints,
                                                                  .scheduleSteps = run.lastStep,
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
    if (reading_ != nullptr) status.lastStep = reading_->settings.steps;
    status.work = work_;
    status.workShare = workShare_;
    if (current_ == nullptr) return status;
    status.state = current_->state;
    status.step = current_->step;
    status.lastStep = current_->lastStep > 0 ? current_->lastStep : status.lastStep;
    status.hasCheckpoint = !current_->checkpoints.empty();
    if (isActive(current_->state)) status.imagesPerSecond = current_->imagesPerSecond;
    if (current_->health) {
        status.verdict = current_->health->verdict;
        status.verdictSentence = QString::fromStdString(current_->health->sentence);
    }
    if (!isLive(current_)) return status;
    const SessionStatus& live = session_.status();
    status.secondsLeft = isOver(live.state) ? 0.0 : live.secondsLeft;
    status.secondsPerStep = live.secondsPerStep;
    status.split = live.split;
    return status;
}

}  // namespace maskscope
