// What a run will take, and what its checkpoints tell of its course: forecast, check-ups, the same sample over time, films.

#include <QFileInfo>
#include <algorithm>

#include "analysis/forecast.h"
#include "app/gui/workspace.h"
#include "core/error.h"

namespace maskscope {
namespace {

constexpr double kLookingShare = 0.02;  // of the time, while something trains: for check-ups, and for the strip
constexpr std::size_t kMostOverTime = 12;

/// At most `most` of the steps, the first and the last among them.
std::vector<std::int64_t> spreadOver(const std::vector<qint64>& steps, std::size_t most) {
    if (steps.size() <= most) return {steps.begin(), steps.end()};
    std::vector<std::int64_t> chosen;
    for (std::size_t i = 0; i < most; ++i) chosen.push_back(steps[i * (steps.size() - 1) / (most - 1)]);
    return chosen;
}

}  // namespace

void Workspace::connectCourse() {
    // What trials find out waits for the forecast, whose measured steps they would disturb
    connect(&forecasts_, &ForecastDesk::answered, this, [this](const std::shared_ptr<const Forecast>& forecast) {
        forecast_ = forecast;
        Q_EMIT forecastChanged();
        askTrial();
    });
    connect(&forecasts_, &ForecastDesk::failed, this, [this](const QString& what) {
        forecastProblem_ = what;
        Q_EMIT forecastChanged();
        askTrial();
    });
    connect(&checkupDesk_, &QuestionDesk::examined, this, [this](const std::shared_ptr<const Answer<CheckupRecord>>& answer) {
        if (answer->generation != checkupAsked_) return;
        OpenRun* run = find(std::exchange(checkupOf_, {}));
        checkupSeconds_ = answer->workSeconds;
        checkupRest_.start();
        // Without an answer the checkpoint was thinned out meanwhile, or the stage says what is wrong
        if (run != nullptr) answer->problem.empty() ? showCheckup(*run, answer->record) : examine(*run);
        askCheckup();
    });
    connect(&films_, &FilmDesk::shown, this, [this](quint64 generation, const std::shared_ptr<const ReconstructionRecord>& answer) {
        if (generation != overTimeAsked_) return;
        const auto place = std::lower_bound(overTime_.begin(), overTime_.end(), answer->step,
                                            [](const auto& known, std::int64_t step) { return known->step < step; });
        overTime_.insert(place, answer);
        overTimeMs_ = overTimeSince_.elapsed();
        Q_EMIT overTimeChanged(overTime_);
    });
    connect(&films_, &FilmDesk::progressed, this, &Workspace::filmProgressed);
    connect(&films_, &FilmDesk::written, this, [this](const QString& place) {
        say(tr("Film written: %1").arg(place), StatusLine::Tone::Done);
        Q_EMIT filmEnded();
    });
    connect(&films_, &FilmDesk::failed, this, [this](const QString& what) {
        say(what, StatusLine::Tone::Error);
        Q_EMIT filmEnded();
    });
    connect(&films_, &FilmDesk::cancelled, this, [this] {
        say(tr("No film was written"));
        Q_EMIT filmEnded();
    });
    connect(&session_, &SessionBridge::allLeft, this, &Workspace::sessionsEnded);
}

/// Only while nothing trains: the trial steps would take a run's time, and it theirs.
void Workspace::askForecast() {
    forecast_.reset();
    forecastProblem_.clear();
    const bool possible =
        reading_ != nullptr && data_ != nullptr && problem().isEmpty() && !looksAtCheckpoint() && !session_.isActive() && !session_.isLeaving();
    possible ? forecasts_.ask(nextRequest()) : forecasts_.cancel();
    Q_EMIT forecastChanged();
}

void Workspace::showCheckup(OpenRun& run, const CheckupRecord& record) {
    if (!run.checkup && !record.withoutAccuracy.empty()) say(tr("No probe accuracy: %1").arg(QString::fromStdString(record.withoutAccuracy)));
    run.checkup = record;
    Q_EMIT runsChanged();
    const auto add = [&](Metric metric, double value) {
        const CurvePoint point{static_cast<double>(record.step), value};
        try {
            curves_.append(run.id, metric, std::span(&point, 1));
        } catch (const UsageError&) {
            // a resume took the step back while it was examined
        }
    };
    if (record.neighbourAccuracy) add(Metric::ProbeAccuracy, *record.neighbourAccuracy);
    if (!isLive(&run) && (run.spreads.empty() || run.spreads.back().step < record.step)) {  // a live run tells its own
        run.spreads.push_back(record.spread);
        add(Metric::FeatureRank, record.spread.tokenRank);
        examine(run);
    }
    Q_EMIT pointsCame();
}

/// One checkpoint after the other; while something trains, only the newest one, and seldom enough to cost little.
void Workspace::askCheckup() {
    if (current_ == nullptr || !checkupOf_.isEmpty() || data_ == nullptr || !isWanted(Want::Course)) return;
    const bool hasRunsData = shownDataOf_ == current_->id || (shownDataOf_.isEmpty() && current_->data == project_.data);
    if (!hasRunsData || current_->isUnreadable) return;
    if (session_.isActive() && checkupRest_.isValid() && kLookingShare * static_cast<double>(checkupRest_.elapsed()) < 1000.0 * checkupSeconds_)
        return;
    const auto next = std::upper_bound(current_->checkpoints.begin(), current_->checkpoints.end(), current_->checkedStep);
    if (next == current_->checkpoints.end()) return;
    const qint64 step = session_.isActive() && current_->checkup ? current_->checkpoints.back() : *next;
    current_->checkedStep = step;
    checkupOf_ = current_->id;
    checkupAsked_ = checkupDesk_.ask(CheckupQuestion{CheckpointPlace{current_->id.toStdString(), step}, data_->validation, data_->held});
}

void Workspace::askOverTime() {
    const bool possible = isWanted(Want::OverTime) && current_ != nullptr && current_->checkpoints.size() > 1 && !shownMask_.empty() &&
                          !samples_.empty() && !current_->isUnreadable;
    if (!possible) {
        ++overTimeAsked_;
        overTimeOf_.clear();
        overTime_.clear();
        return Q_EMIT overTimeChanged({});
    }
    const QString about = QStringLiteral("%1 %2 %3")
                              .arg(current_->id)
                              .arg(sample_)
                              .arg(QString::fromLatin1(
                                  QByteArray(reinterpret_cast<const char*>(shownMask_.data()), static_cast<qsizetype>(shownMask_.size())).toHex()));
    std::vector<std::int64_t> steps = spreadOver(current_->checkpoints, kMostOverTime);
    if (about != overTimeOf_) {
        overTimeOf_ = about;
        overTime_.clear();
        Q_EMIT overTimeChanged({});
    } else {
        const std::size_t before = overTime_.size();
        std::erase_if(overTime_, [&](const auto& known) { return std::find(steps.begin(), steps.end(), known->step) == steps.end(); });
        std::erase_if(steps, [&](std::int64_t step) {
            return std::any_of(overTime_.begin(), overTime_.end(), [step](const auto& known) { return known->step == step; });
        });
        const bool isSoon = session_.isActive() && !overTime_.empty() && !steps.empty() &&
                            kLookingShare * static_cast<double>(overTimeSince_.elapsed()) < static_cast<double>(overTimeMs_);
        if (isSoon) return;
        if (before != overTime_.size()) Q_EMIT overTimeChanged(overTime_);
        if (steps.empty()) return;
    }
    overTimeSince_.start();
    const ShownSample& sample = samples_[static_cast<std::size_t>(sample_)];
    films_.show({current_->id.toStdString(), DataSample{sample.data, sample.sample}, shownMask_, steps}, ++overTimeAsked_);
}

void Workspace::exportFilm(const QString& place) {
    if (current_ == nullptr || current_->checkpoints.empty() || samples_.empty()) {
        say(tr("A film shows how a run learns to fill in one picture: start a run or open one first"), StatusLine::Tone::Warning);
        return Q_EMIT filmEnded();
    }
    const ShownSample& sample = samples_[static_cast<std::size_t>(sample_)];
    const AskedMask mask = shownMask_.empty() ? askedMask(sample_) : AskedMask(shownMask_);
    films_.shoot({current_->id.toStdString(), DataSample{sample.data, sample.sample}, mask, {}}, place);
}

}  // namespace maskscope
