#include "app/gui/bridge/session_bridge.h"

namespace maskscope {

SessionBridge::SessionBridge(QObject* parent) : QObject(parent) {
    timer_.setInterval(kPollMs);
    connect(&timer_, &QTimer::timeout, this, &SessionBridge::poll);
}

SessionBridge::~SessionBridge() = default;

void SessionBridge::attach(std::unique_ptr<LiveSession> session) {
    detach();
    session_ = std::move(session);
    status_ = session_->status();
    probes_.reset();
    weights_.reset();
    validationsSeen_ = probesSeen_ = spreadsSeen_ = workSeen_ = weightsSeen_ = 0;
    askedAtStep_ = -1;
    session_->setWanted(Topic::Probes, probesWanted_);
    session_->setWanted(Topic::Features, spreadsWanted_);
    timer_.start();
    Q_EMIT stateChanged(status_.state);
    poll();
}

void SessionBridge::detach() {
    if (session_) {
        session_->stop();
        leaving_.push_back(std::move(session_));
    }
    session_.reset();
    status_ = {};
    pollLeaving();
}

/// A session that is over ends within a moment; one that is not would hold the caller up.
void SessionBridge::pollLeaving() {
    if (leaving_.empty()) return;
    std::erase_if(leaving_, [](const auto& session) { return isOver(session->status().state); });
    if (leaving_.empty())
        QMetaObject::invokeMethod(this, &SessionBridge::allLeft, Qt::QueuedConnection);
    else
        timer_.start();
}

void SessionBridge::setProbesWanted(bool wanted) {
    probesWanted_ = wanted;
    if (session_) session_->setWanted(Topic::Probes, wanted);
}

void SessionBridge::setSpreadsWanted(bool wanted) {
    spreadsWanted_ = wanted;
    if (session_) session_->setWanted(Topic::Features, wanted);
}

void SessionBridge::poll() {
    pollLeaving();
    if (!session_) {
        if (leaving_.empty()) timer_.stop();
        return;
    }
    const SessionStatus before = std::exchange(status_, session_->status());
    // Steps first: what is told of the state afterwards may rest on them.
    const auto drained = session_->drainSteps();
    if (!drained.records.empty()) Q_EMIT stepsCame(drained.records, drained.lost > 0);
    pollMailboxes();
    pollWeights();
    for (const std::string& line : session_->drainNotices()) Q_EMIT noticed(QString::fromStdString(line));
    if (status_.savedStep && status_.savedStep != before.savedStep) Q_EMIT checkpointSaved(*status_.savedStep);
    Q_EMIT statusChanged(status_);
    if (status_.state != before.state) Q_EMIT stateChanged(status_.state);
    if (isOver(status_.state) && isOver(before.state) && leaving_.empty()) timer_.stop();
}

void SessionBridge::pollMailboxes() {
    if (const auto record = session_->validations().newerThan(validationsSeen_)) Q_EMIT validated(record);
    if (const auto record = session_->featureSpreads().newerThan(spreadsSeen_)) Q_EMIT spreadCame(record);
    if (const auto record = session_->work().newerThan(workSeen_)) Q_EMIT worked(record);
    if (auto record = session_->probes().newerThan(probesSeen_)) {
        probes_ = std::move(record);
        Q_EMIT probed(probes_);
    }
}

void SessionBridge::pollWeights() {
    if (auto weights = session_->weights().newerThan(weightsSeen_)) {
        weights_ = std::move(weights);
        Q_EMIT weightsCame(weights_);
    }
    // One request at a time, and none for a step that was published already.
    const bool changed = status_.step != askedAtStep_ || weights_ == nullptr;
    if (weightsWanted_ && changed && !isOver(status_.state) && status_.state != SessionState::Preparing) {
        askedAtStep_ = status_.step;
        session_->requestWeights();
    }
}

}  // namespace maskscope
