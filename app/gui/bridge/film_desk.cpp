#include "app/gui/bridge/film_desk.h"

#include "core/error.h"

namespace maskscope {

FilmDesk::FilmDesk(QObject* parent) : QObject(parent), film_(std::make_unique<NewestWorker>()), strip_(std::make_unique<NewestWorker>()) {}

FilmDesk::~FilmDesk() {
    film_.reset();
    strip_.reset();
}

template <typename Call>
void FilmDesk::deliver(Call call) {
    QMetaObject::invokeMethod(this, std::move(call), Qt::QueuedConnection);
}

void FilmDesk::shoot(const FilmRequest& request, const QString& place) {
    filming_ = true;
    film_->post(0, [this, request, place](const std::stop_token& stop) {
        try {
            const auto answers = shootFilm(
                request, [this](std::int64_t done, std::int64_t total) { deliver([this, done, total] { Q_EMIT progressed(done, total); }); }, stop);
            const std::vector<Image> frames = filmFrames(answers);
            if (stop.stop_requested()) throw StoppedError("stopped before the film was written");
            writeFilm(place.toStdString(), frames, kFrameSeconds);
            deliver([this, place] {
                filming_ = false;
                Q_EMIT written(place);
            });
        } catch (const StoppedError&) {
            return;  // who stopped it tells
        } catch (const std::exception& error) {
            deliver([this, what = QString::fromStdString(error.what())] {
                filming_ = false;
                Q_EMIT failed(what);
            });
        }
    });
}

void FilmDesk::cancelFilm() {
    // Takes the place of a film that waits, and comes after one that is under way has stopped
    film_->post(0, [this](const std::stop_token&) {
        deliver([this] {
            if (std::exchange(filming_, false)) Q_EMIT cancelled();
        });
    });
}

void FilmDesk::show(const FilmRequest& request, quint64 generation) {
    strip_->post(0, [this, request, generation](const std::stop_token& stop) {
        for (const std::int64_t step : request.steps) {
            if (stop.stop_requested()) return;
            FilmRequest one = request;
            one.steps = {step};
            try {
                auto answer = std::make_shared<const ReconstructionRecord>(shootFilm(one, {}, stop).front());
                deliver([this, generation, answer] { Q_EMIT shown(generation, answer); });
            } catch (const std::exception&) {
                continue;  // a checkpoint that was thinned out meanwhile leaves a gap; the stage says what is wrong with a run
            }
        }
    });
}

}  // namespace maskscope
