#pragma once

#include <QObject>
#include <QTimer>
#include <memory>

#include "app/gui/bridge/newest_worker.h"
#include "snapshot/forecast.h"
#include "training/training_request.h"

namespace maskscope {

/// Estimates on a thread of its own what a run would take, while somebody still chooses. Changes that follow each other quickly are
/// answered once.
class ForecastDesk : public QObject {
    Q_OBJECT

public:
    static constexpr int kRestMs = 400;  // without a change, before it begins

    explicit ForecastDesk(QObject* parent = nullptr);
    ~ForecastDesk() override;

    /// A newer request replaces an older one.
    void ask(const TrainingRequest& request);
    /// No answer comes any more; one that is under way ends after its trial step. Before a run begins.
    void cancel();

Q_SIGNALS:
    void answered(std::shared_ptr<const maskscope::Forecast> forecast);
    /// @param what  why there is none
    void failed(const QString& what);

private:
    void begin();

    QTimer rest_;
    TrainingRequest request_;
    quint64 generation_ = 0;
    std::unique_ptr<NewestWorker> worker_;
};

}  // namespace maskscope
