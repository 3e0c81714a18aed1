#include "app/gui/bridge/forecast_desk.h"

#include "analysis/forecast.h"
#include "core/error.h"
#include "data/dataset.h"

namespace maskscope {

ForecastDesk::ForecastDesk(QObject* parent) : QObject(parent), worker_(std::make_unique<NewestWorker>()) {
    rest_.setSingleShot(true);
    rest_.setInterval(kRestMs);
    connect(&rest_, &QTimer::timeout, this, &ForecastDesk::begin);
}

ForecastDesk::~ForecastDesk() { worker_.reset(); }

void ForecastDesk::ask(const TrainingRequest& request) {
    cancel();
    request_ = request;
    rest_.start();
}

void ForecastDesk::cancel() {
    ++generation_;
    rest_.stop();
    worker_->post(0, [](const std::stop_token&) {});  // takes the place of what waits, and stops what is under way
}

void ForecastDesk::begin() {
    worker_->post(0, [this, request = request_, generation = generation_](const std::stop_token& stop) {
        std::shared_ptr<const Forecast> forecast;
        QString problem;
        try {
            forecast = std::make_shared<const Forecast>(estimateRun(request, stop));
        } catch (const StoppedError&) {
            return;
        } catch (const std::exception& error) {
            problem = QString::fromStdString(error.what());
        }
        QMetaObject::invokeMethod(
            this,
            [this, forecast, problem, generation] {
                if (generation != generation_) return;
                forecast != nullptr ? Q_EMIT answered(forecast) : Q_EMIT failed(problem);
            },
            Qt::QueuedConnection);
    });
}

}  // namespace maskscope
