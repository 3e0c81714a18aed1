#pragma once

#include <QObject>
#include <QString>
#include <memory>

#include "app/gui/bridge/newest_worker.h"
#include "app/gui/bridge/recipe_reading.h"
#include "recipes/published_weights.h"
#include "snapshot/identity_card.h"

namespace maskscope {

/// A checkpoint of another program that was opened for looking at it.
struct OpenedCheckpoint {
    QString place;  // the file or folder
    IdentityCard card;
    std::shared_ptr<const RecipeReading> reading;     // the method that it is; null: no method holds it, as the card says
    std::shared_ptr<const PublishedWeights> weights;  // null likewise

    bool canAnswer() const { return weights != nullptr; }
    /// Whether it says anything about what is hidden.
    bool fillsIn() const { return canAnswer() && !weights->spec->objectives.empty(); }
    /// Whether a decoder can be trained on it.
    bool canGetDecoder() const { return canAnswer() && !fillsIn() && weights->spec->input.ifImage() != nullptr; }
};

/// Opens checkpoints on a thread of its own. Answers come as signals on the thread of this object; a newer question replaces an
/// older one.
class ModelDesk : public QObject {
    Q_OBJECT

public:
    explicit ModelDesk(QObject* parent = nullptr);
    ~ModelDesk() override;

    /// @param place  as openFamilyModel takes it
    void open(const QString& place);
    /// What is being opened is not wanted any more.
    void cancel();

Q_SIGNALS:
    void opened(std::shared_ptr<const maskscope::OpenedCheckpoint> checkpoint);
    /// @param what  a sentence: subject, found, expected, what to do
    void openFailed(const QString& place, const QString& what);

private:
    quint64 generation_ = 0;
    std::unique_ptr<NewestWorker> worker_;
};

}  // namespace maskscope
