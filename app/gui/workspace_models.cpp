// Checkpoints of other programs: they answer like a run of one step.

#include <QDir>
#include <QFileInfo>

#include "app/gui/workspace.h"
#include "core/error.h"
#include "recipes/initial_weights.h"
#include "training/training_session.h"

namespace maskscope {

void Workspace::connectModels() {
    connect(&modelDesk_, &ModelDesk::opened, this, &Workspace::showCheckpoint);
    connect(&modelDesk_, &ModelDesk::openFailed, this, [this](const QString& place, const QString& what) {
        work_.clear();
        say(what, StatusLine::Tone::Error);
        Q_EMIT checkpointStateChanged(
            checkpoint_ == nullptr ? ViewState::failed(tr("%1 cannot be opened").arg(QFileInfo(place).fileName()), what, tr("Open a checkpoint…"))
                                   : ViewState::ready());
        Q_EMIT statusChanged();
    });
}

void Workspace::openModel(const QString& path) {
    if (session_.isActive()) return say(tr("A run is training; stop it to look at %1").arg(QFileInfo(path).fileName()), StatusLine::Tone::Warning);
    const QString place = QDir::cleanPath(QFileInfo(path).absoluteFilePath());
    work_ = tr("opening %1").arg(QFileInfo(place).fileName());
    workShare_ = -1.0;
    Q_EMIT checkpointStateChanged(ViewState::waiting());
    Q_EMIT workChanged(work_, 0, 0);
    modelDesk_.open(place);
}

void Workspace::showCheckpoint(const std::shared_ptr<const OpenedCheckpoint>& checkpoint) {
    work_.clear();
    if (session_.isActive()) return;  // it was started meanwhile
    forecasts_.cancel();
    current_ = nullptr;
    following_ = true;
    network_ = AskedNetwork::Encoder;
    mask_.clear();
    shownMask_.clear();
    query_.reset();
    checkpoint_ = checkpoint;
    Q_EMIT checkpointChanged();
    Q_EMIT currentRunChanged();
    Q_EMIT cursorChanged();
    say(checkpoint->canAnswer() ? tr("%1 is open").arg(QString::fromStdString(checkpoint->card.title))
                                : tr("%1 is open; its card says what it cannot do here").arg(QString::fromStdString(checkpoint->card.title)),
        checkpoint->canAnswer() ? StatusLine::Tone::Done : StatusLine::Tone::Warning);
    if (checkpoint->canAnswer()) {
        reading_ = checkpoint->reading;
        openData();
        Q_EMIT projectChanged();
    }
    Q_EMIT statusChanged();
    ask();
}

void Workspace::leaveCheckpoint() {
    modelDesk_.cancel();
    if (checkpoint_ == nullptr) return;
    checkpoint_.reset();
    Q_EMIT checkpointChanged();
}

void Workspace::closeModel() {
    if (checkpoint_ == nullptr) return;
    leaveCheckpoint();
    data_.reset();
    applyProject(project_);
    Q_EMIT currentRunChanged();
    ask();
}

bool Workspace::fillsIn() const { return current_ != nullptr || checkpoint_ == nullptr || checkpoint_->fillsIn(); }

ViewState Workspace::cannotFillIn() const {
    const auto& reasons = checkpoint_->card.worksNot;
    return ViewState::empty(tr("This checkpoint fills in nothing"), reasons.empty() ? QString() : QString::fromStdString(reasons.front()));
}

ViewState Workspace::noAnswer() const {
    if (!fillsIn()) return cannotFillIn();
    return current_ == nullptr && checkpoint_ == nullptr ? ViewState::empty(tr("Not filled in yet"), tr("A model does that once training runs."))
                                                         : ViewState::ready();
}

void Workspace::trainDecoder() {
    if (checkpoint_ == nullptr || !checkpoint_->canGetDecoder() || session_.isActive()) return;
    if (data_ == nullptr) return say(tr("A decoder learns from images: open some first"), StatusLine::Tone::Warning);
    const QString folder = freshFolder(runsFolder(), QFileInfo(checkpoint_->place).fileName() + QStringLiteral("-decoder"));
    try {
        const Recipe recipe = recipeOnModel("decoder", checkpoint_->place.toStdString(), checkpoint_->reading->recipe.root,
                                            {.scale = project_.scale.toStdString(), .settings = {}});
        TrainingRequest request{.recipe = recipe,
                                .data = project_.data.toStdString(),
                                .validation = project_.validation.toStdString(),
                                .seed = project_.seed,
                                .device = project_.device.toStdString()};
        auto session = TrainingSession::start(folder.toStdString(), std::move(request));
        OpenRun* run = addRun(folder, recipe);
        run->data = project_.data;
        run->validation = project_.validation;
        beginSession(folder, recipe, std::move(session));
    } catch (const std::exception& error) {
        say(QString::fromStdString(error.what()), StatusLine::Tone::Error);
    }
}

}  // namespace maskscope
