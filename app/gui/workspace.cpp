#include "app/gui/workspace.h"

#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>
#include <QUndoCommand>

#include "analysis/model_session.h"
#include "core/error.h"
#include "data/dataset.h"

namespace maskscope {
namespace {

constexpr int kSlowlyMs = 1000;
constexpr int kMostDroppedImages = 24;

}  // namespace

/// One change of the recipe.
class ProjectChange : public QUndoCommand {
public:
    ProjectChange(Workspace& workspace, Project before, Project after, const QString& what)
        : QUndoCommand(what), workspace_(workspace), before_(std::move(before)), after_(std::move(after)) {}

    void undo() override { workspace_.applyProject(before_); }
    void redo() override { workspace_.applyProject(after_); }

private:
    Workspace& workspace_;
    Project before_, after_;
};

/// One stroke of the brush; the first redo finds it done.
class MaskChange : public QUndoCommand {
public:
    MaskChange(Workspace& workspace, std::vector<std::uint8_t> before, std::vector<std::uint8_t> after)
        : QUndoCommand(Workspace::tr("Mask stroke")), workspace_(workspace), before_(std::move(before)), after_(std::move(after)) {}

    void undo() override { show(before_); }
    void redo() override {
        if (std::exchange(first_, false)) return;
        show(after_);
    }

private:
    void show(const std::vector<std::uint8_t>& hidden) {
        workspace_.setMask(hidden);
        Q_EMIT workspace_.maskRestored(hidden);
    }
    Workspace& workspace_;
    std::vector<std::uint8_t> before_, after_;
    bool first_ = true;
};

Workspace::Workspace(QObject* parent) : QObject(parent) {
    connectDesks();
    connectSession();
    connectQuestions();
    connectCourse();
    connectModels();
    slowly_.setInterval(kSlowlyMs);
    connect(&slowly_, &QTimer::timeout, this, [this] {
        memoryLimit_ = session_.status().residentBytes + availableMemory();
        if (current_ != nullptr && isLive(current_)) examine(*current_);
        askCheckup();
        if (std::exchange(attentionDue_, false)) askAttention();
    });
    slowly_.start();
}

Workspace::~Workspace() = default;

void Workspace::say(const QString& text, StatusLine::Tone tone) { Q_EMIT messaged(text, tone); }

void Workspace::connectDesks() {
    connect(&dataDesk_, &DataDesk::opened, this, [this](const std::shared_ptr<const OpenedData>& data) {
        data_ = data;
        dataProblem_.clear();
        work_.clear();
        samples_ = data->probes;
        sample_ = std::clamp(sample_, 0, std::max(0, static_cast<int>(samples_.size()) - 1));
        Q_EMIT dataChanged();
        Q_EMIT samplesChanged();
        Q_EMIT statusChanged();
        say(tr("%1 is ready").arg(data->summary.card.title), StatusLine::Tone::Done);
        if (reading_ != nullptr && !samples_.empty()) dataDesk_.preview(data_, samples_[static_cast<std::size_t>(sample_)], *reading_, project_.seed);
        ask();
        askForecast();
    });
    connect(&dataDesk_, &DataDesk::imagesOpened, this, [this](const QString& path, const std::shared_ptr<const OpenedData>& images) {
        const int first = static_cast<int>(samples_.size());
        samples_.insert(samples_.end(), images->probes.begin(), images->probes.end());
        Q_EMIT samplesChanged();
        setCurrentSample(first);
        say(tr("%1 opened; the model sees it as soon as there is one").arg(QFileInfo(path).fileName()), StatusLine::Tone::Done);
    });
    connect(&dataDesk_, &DataDesk::openFailed, this, [this](const QString& path, const QString& what) {
        work_.clear();
        if (path == project_.data && shownDataOf_.isEmpty()) dataProblem_ = what;
        Q_EMIT dataChanged();
        Q_EMIT statusChanged();
        say(what, StatusLine::Tone::Error);
        if (samples_.empty()) Q_EMIT pictureStateChanged(ViewState::failed(tr("The data cannot be opened"), what, tr("Choose data…")));
    });
    connect(&dataDesk_, &DataDesk::working, this, [this](const QString& what, qint64 done, qint64 total) {
        work_ = what;
        workShare_ = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : -1.0;
        Q_EMIT workChanged(what, done, total);
    });
    connect(&dataDesk_, &DataDesk::previewed, this, [this](const std::shared_ptr<const Picture>& picture) {
        Q_EMIT previewChanged(picture);
        if ((askedModel(current_) && fillsIn()) || showsLiveProbes() || hasOwnMask()) return;
        Q_EMIT pictureStateChanged(ViewState::ready());
        showPicture(picture, -1, -1.0);
    });
    connect(&dataDesk_, &DataDesk::recipeTried, this, [this](qint64 parameters, const QMap<QString, QString>& maskProblems) {
        triedParameters_ = parameters;
        Q_EMIT maskProblemsChanged(maskProblems);
        Q_EMIT statusChanged();
    });
    connect(&dataDesk_, &DataDesk::exampleDrawn, this, &Workspace::exampleDrawn);
    connect(&dataDesk_, &DataDesk::masksDrawn, this, &Workspace::masksDrawn);
    connect(&dataDesk_, &DataDesk::maskFilled, this, [this](const std::vector<std::uint8_t>& hidden) {
        Q_EMIT maskFilled(hidden);
        setMask(hidden);
    });
    connect(&dataDesk_, &DataDesk::drawFailed, this, [this](const QString& what) { say(what, StatusLine::Tone::Warning); });
}

void Workspace::loadProject(const Project& project) {
    undo_.clear();
    applyProject(project);
}

void Workspace::setProject(const Project& project, const QString& what) {
    if (project == project_) return;
    undo_.push(new ProjectChange(*this, project_, project, what));
}

void Workspace::beginProject(const Project& project, const QString& what) {
    if (session_.isActive()) return say(tr("A run is training; stop it to set up another one"), StatusLine::Tone::Warning);
    current_ = nullptr;
    if (!shownDataOf_.isEmpty()) data_.reset();  // those of a run
    Q_EMIT currentRunChanged();
    project == project_ ? applyProject(project) : setProject(project, what);
}

void Workspace::applyProject(const Project& project) {
    const bool otherData = project.data != project_.data || project.validation != project_.validation || data_ == nullptr;
    const QString recipeBefore = project_.recipe + project_.scale;
    project_.data = project.data;
    project_.validation = project.validation;
    if (!otherData || project_ != project) leaveCheckpoint();  // it stays for a look at other data
    project_ = project;
    try {
        const auto before = reading_;
        reading_ = looksAtCheckpoint() ? checkpoint_->reading : std::make_shared<const RecipeReading>(readRecipe(project_));
        recipeProblem_.clear();
        project_ = DataDesk::onSamplesOf(reading_->summary.kind, project_);
        const bool otherInput = before == nullptr || inputOf(before->recipe) != inputOf(reading_->recipe);
        if (otherData || otherInput || recipeBefore != project.recipe + project.scale) openData();
        Q_EMIT projectChanged();
        if (data_ != nullptr && !samples_.empty()) dataDesk_.preview(data_, samples_[static_cast<std::size_t>(sample_)], *reading_, project_.seed);
    } catch (const Error& error) {
        recipeProblem_ = QString::fromStdString(error.what());
        say(recipeProblem_, StatusLine::Tone::Error);
        Q_EMIT projectChanged();
    }
    Q_EMIT statusChanged();
    askForecast();
}

/// The part of the recipe in view that a trial depends on.
QString Workspace::triedPart() const {
    QString part;
    for (const auto& [key, value] : flatSettings(reading_->recipe.root))
        if (!key.startsWith(QLatin1String("mask.")) && !key.startsWith(QLatin1String("train."))) part += QStringLiteral("%1=%2\n").arg(key, value);
    return part;
}

/// Only when another answer may come of it, and not in the time of a run.
void Workspace::askTrial() {
    if (reading_ == nullptr || data_ == nullptr || session_.isActive() || looksAtCheckpoint()) return;
    const QString part = triedPart();
    if (part == triedOf_) return;
    triedOf_ = part;
    triedParameters_ = 0;
    Q_EMIT maskProblemsChanged({});  // not known
    dataDesk_.tryRecipe(data_, *reading_);
}

qint64 Workspace::parameterCount() const {
    if (current_ != nullptr && isLive(current_)) return session_.status().parameters;
    if (looksAtCheckpoint()) return checkpoint_->card.parameters;
    return reading_ != nullptr && triedPart() == triedOf_ ? triedParameters_ : 0;
}

void Workspace::openData() {
    if (reading_ == nullptr || project_.data.isEmpty()) return;
    shownDataOf_.clear();
    data_.reset();  // of another domain perhaps
    samples_.clear();
    if (looksAtCheckpoint()) shownDataOf_ = checkpoint_->place;
    dataDesk_.open(project_, *reading_);
}

QString Workspace::problem() const { return recipeProblem_.isEmpty() ? dataProblem_ : recipeProblem_; }

void Workspace::setSetting(const QString& key, const QString& value) {
    if (looksAtCheckpoint()) {
        say(tr("A checkpoint is as it is; close it to set up a run"), StatusLine::Tone::Warning);
        return Q_EMIT projectChanged();  // the card shows the old value again
    }
    const bool running = session_.isActive() && current_ != nullptr && isLive(current_);
    if (!running && showsForeignRun()) return offerFork(QStringLiteral("%1=%2").arg(key, value));
    if (!running) return setProject(project_.with(key, value), tr("Change of %1").arg(key));
    bool isNumber = false;
    const double number = value.toDouble(&isNumber);
    try {
        if (!isNumber) throw UsageError(tr("%1 takes a number while a run is training, found '%2'").arg(key, value).toStdString());
        session_.session()->set(key.toStdString(), number);
        say(tr("%1 is %2 from the next step on").arg(key, value), StatusLine::Tone::Done);
    } catch (const Error& error) {
        say(QString::fromStdString(error.what()), StatusLine::Tone::Warning);
        Q_EMIT projectChanged();  // the card shows the old value again
    }
}

/// The cards are those of a run, and not of the recipe that is set up: a change of them cannot mean that recipe.
bool Workspace::showsForeignRun() const {
    if (current_ == nullptr || isLive(current_) || reading_ == nullptr || !(reading_->recipe.root == current_->recipe.root)) return false;
    try {
        return !(readRecipe(project_).recipe.root == current_->recipe.root);
    } catch (const Error&) {
        return true;
    }
}

void Workspace::offerFork(const QString& change) {
    Q_EMIT projectChanged();  // the card shows the old value again
    if (current_->checkpoints.empty())
        return say(tr("%1 keeps its settings, and without a checkpoint it cannot be forked").arg(current_->name), StatusLine::Tone::Warning);
    Q_EMIT forkOffered(change);
}

void Workspace::setStrategy(const QString& strategy) {
    if (looksAtCheckpoint() || showsForeignRun()) return setSetting(QStringLiteral("mask.strategy"), strategy);
    setProject(project_.without(QStringLiteral("mask")).with(QStringLiteral("mask.strategy"), strategy), tr("Mask strategy %1").arg(strategy));
}

void Workspace::previewRatio(double ratio) {
    if (reading_ == nullptr || data_ == nullptr || samples_.empty()) return;
    try {
        const RecipeReading changed = readRecipe(project_.with(QStringLiteral("mask.ratio"), QString::number(ratio, 'g', 4)));
        dataDesk_.preview(data_, samples_[static_cast<std::size_t>(sample_)], changed, project_.seed);
    } catch (const Error& error) {
        say(QString::fromStdString(error.what()), StatusLine::Tone::Warning);
    }
}

void Workspace::recordStroke(const std::vector<std::uint8_t>& before, const std::vector<std::uint8_t>& after) {
    undo_.push(new MaskChange(*this, before, after));
}

void Workspace::openPath(const QString& path) {
    const QFileInfo info(path);
    if (!info.exists()) return say(tr("%1: there is no such file or folder").arg(path), StatusLine::Tone::Error);
    if (info.isDir() && QFileInfo::exists(path + QStringLiteral("/run.toml"))) return openRun(path);
    if (looksLikeModel(path.toStdString())) return openModel(path);
    static const QStringList pictures{QStringLiteral("png"), QStringLiteral("jpg"),  QStringLiteral("jpeg"), QStringLiteral("bmp"),
                                      QStringLiteral("tif"), QStringLiteral("tiff"), QStringLiteral("webp")};
    if (info.isFile() && pictures.contains(info.suffix().toLower()) && reading_ != nullptr)
        return dataDesk_.openImages(path, *reading_, data_ != nullptr ? data_->domain : nullptr, kMostDroppedImages);
    if (session_.isActive()) return say(tr("A run is training; stop it to set up another one on %1").arg(info.fileName()), StatusLine::Tone::Warning);
    Project changed = project_;
    changed.data = path;
    changed.validation.clear();
    beginProject(changed, tr("Data %1").arg(info.fileName()));
}

QString Workspace::runsFolder() { return QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + QStringLiteral("/runs"); }

QString Workspace::commandLine() const {
    if (looksAtCheckpoint()) return QStringLiteral("maskscope --model %1 --data %2").arg(shellWord(checkpoint_->place), shellWord(project_.data));
    if (current_ == nullptr) return project_.commandLine(runsFolder() + QStringLiteral("/") + QFileInfo(project_.recipe).baseName());
    const QString run = shellWord(current_->id);
    return following_ ? QStringLiteral("maskscope --run %1").arg(run) : QStringLiteral("maskscope --run %1 --step %2").arg(run).arg(cursor_);
}

}  // namespace maskscope
