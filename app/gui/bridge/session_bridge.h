#pragma once

#include <QObject>
#include <QTimer>
#include <memory>
#include <vector>

#include "snapshot/records.h"
#include "snapshot/session.h"
#include "training/live_session.h"

namespace maskscope {

/// Polls a session and tells by signals what is new; the engine never calls Qt. One session at a time; those that were let go
/// of finish their step and save by themselves meanwhile.
class SessionBridge : public QObject {
    Q_OBJECT

public:
    static constexpr int kPollMs = 100;

    explicit SessionBridge(QObject* parent = nullptr);
    ~SessionBridge() override;

    /// Takes a session over; one that was there before is detached.
    void attach(std::unique_ptr<LiveSession> session);
    /// Asks the session, if there is one, to stop and save, and is done with it. Returns at once: allLeft tells when it has saved.
    void detach();
    /// Whether detached sessions are still saving.
    bool isLeaving() const { return !leaving_.empty(); }

    LiveSession* session() const { return session_.get(); }
    const SessionStatus& status() const { return status_; }
    bool isActive() const { return session_ != nullptr && !isOver(status_.state); }
    const std::shared_ptr<const ProbeRecord>& probes() const { return probes_; }
    const std::shared_ptr<const PublishedWeights>& weights() const { return weights_; }

    /// What some visible view needs.
    void setProbesWanted(bool wanted);
    void setSpreadsWanted(bool wanted);
    void setWeightsWanted(bool wanted) { weightsWanted_ = wanted; }

Q_SIGNALS:
    void statusChanged(const maskscope::SessionStatus& status);
    void stateChanged(maskscope::SessionState state);
    /// @param lost  some were dropped before these: metrics.csv has them
    void stepsCame(const std::vector<maskscope::StepRecord>& records, bool lost);
    void validated(std::shared_ptr<const maskscope::ValidationRecord> record);
    void probed(std::shared_ptr<const maskscope::ProbeRecord> record);
    void spreadCame(std::shared_ptr<const maskscope::FeatureSpread> spread);
    void worked(std::shared_ptr<const maskscope::WorkRecord> work);
    void weightsCame(std::shared_ptr<const maskscope::PublishedWeights> weights);
    void noticed(const QString& line);
    void checkpointSaved(qint64 step);
    /// The last of the detached sessions has saved and is gone.
    void allLeft();

private:
    void poll();
    void pollMailboxes();
    void pollWeights();
    void pollLeaving();

    std::vector<std::unique_ptr<LiveSession>> leaving_;
    std::unique_ptr<LiveSession> session_;
    SessionStatus status_;
    QTimer timer_;
    std::shared_ptr<const ProbeRecord> probes_;
    std::shared_ptr<const PublishedWeights> weights_;
    std::uint64_t validationsSeen_ = 0, probesSeen_ = 0, spreadsSeen_ = 0, workSeen_ = 0, weightsSeen_ = 0;
    std::int64_t askedAtStep_ = -1;
    bool probesWanted_ = true, spreadsWanted_ = true, weightsWanted_ = false;
};

}  // namespace maskscope
