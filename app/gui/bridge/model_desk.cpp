#include "app/gui/bridge/model_desk.h"

#include "core/error.h"
#include "families/family.h"

namespace maskscope {
namespace {

std::shared_ptr<const OpenedCheckpoint> openCheckpoint(const QString& place) {
    OpenedModel opened = openFamilyModel(place.toStdString());
    auto checkpoint = std::make_shared<OpenedCheckpoint>();
    checkpoint->place = place;
    checkpoint->card = std::move(opened.card);
    if (auto method = opened.model->asMethod(std::nullopt)) {
        Recipe recipe;
        recipe.id = checkpoint->card.family;
        recipe.root = std::move(method->recipe);
        checkpoint->reading = std::make_shared<const RecipeReading>(readRecipe(recipe));
        auto weights = std::make_shared<PublishedWeights>();
        weights->step = -1;  // nobody counted its steps
        weights->spec = std::make_shared<const MethodSpec>(checkpoint->reading->spec);
        weights->tensors = std::move(method->weights);
        checkpoint->weights = std::move(weights);
    }
    return checkpoint;
}

}  // namespace

ModelDesk::ModelDesk(QObject* parent) : QObject(parent), worker_(std::make_unique<NewestWorker>()) {}

ModelDesk::~ModelDesk() { worker_.reset(); }

void ModelDesk::open(const QString& place) {
    worker_->post(0, [this, place, generation = ++generation_](const std::stop_token&) {
        std::shared_ptr<const OpenedCheckpoint> checkpoint;
        QString problem;
        try {
            checkpoint = openCheckpoint(place);
        } catch (const std::exception& error) {
            problem = QString::fromStdString(error.what());
        }
        QMetaObject::invokeMethod(
            this,
            [this, place, checkpoint, problem, generation] {
                if (generation != generation_) return;
                checkpoint != nullptr ? Q_EMIT opened(checkpoint) : Q_EMIT openFailed(place, problem);
            },
            Qt::QueuedConnection);
    });
}

void ModelDesk::cancel() { ++generation_; }

}  // namespace maskscope
