#pragma once

#include <QDateTime>
#include <QObject>
#include <QTimer>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "app/gui/bridge/newest_worker.h"
#include "snapshot/records.h"
#include "training/run_description.h"

namespace maskscope {

/// What a look into a run's folder found.
struct RunGlance {
    RunDescription description;
    std::vector<StepRecord> steps;              // since the last glance, or all where `isWhole`
    std::vector<ValidationRecord> validations;  // the same
    bool isWhole = false;
    std::vector<qint64> checkpoints;  // complete ones
    std::vector<QString> problems;    // of broken checkpoints
    bool isBeingWritten = false;      // by a process that lives
    qint64 scheduleSteps = 0;
    QDateTime started;
};

/// Looks into the folder of a run now and then, on a thread of its own: for runs that another process writes, or that are over.
class RunWatcher : public QObject {
    Q_OBJECT

public:
    static constexpr int kPollMs = 1000;

    explicit RunWatcher(std::filesystem::path run, QObject* parent = nullptr);
    ~RunWatcher() override;

    const std::filesystem::path& run() const { return run_; }
    /// Looks now, and then every second.
    void start();
    /// Looks no more; a run that this window trains tells by itself.
    void stop();
    /// Looks once.
    void glance();

Q_SIGNALS:
    void glanced(std::shared_ptr<const maskscope::RunGlance> glance);
    /// The run cannot be read (any more): subject, found, what to do. Looking goes on.
    void failed(const QString& what);

private:
    struct Seen;
    std::filesystem::path run_;
    QTimer timer_;
    std::shared_ptr<Seen> seen_;  // touched by the worker alone
    std::unique_ptr<NewestWorker> worker_;
    bool looking_ = false;
};

}  // namespace maskscope
