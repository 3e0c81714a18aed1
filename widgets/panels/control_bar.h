#pragma once

#include <QFrame>
#include <optional>

#include "snapshot/health.h"
#include "snapshot/session.h"
#include "widgets/panels/run_state.h"
#include "widgets/plots/sample_kind.h"

class QLabel;
class QProgressBar;

namespace maskscope {

class ActionButton;
class MetricCell;
class NumberLabel;
class TimeSplitStrip;

/// What the control bar says. Numbers at 0 are unknown.
struct ControlStatus {
    RunState state = RunState::Ready;
    qint64 step = 0, lastStep = 0;
    QString work;  // while preparing: "reading 3,000 images"
    double workShare = -1.0;
    SampleKind kind = SampleKind::Image;  // what is counted a second
    double samplesPerSecond = 0.0, secondsLeft = 0.0, memoryBytes = 0.0, memoryLimit = 0.0;
    double secondsPerStep = 0.0;
    TimeSplit split;
    std::optional<Verdict> verdict;
    QString verdictSentence;
    QString cannotStart;  // why Start cannot act; empty: it can
    bool hasCheckpoint = false;
};

/// The bar with which training is driven: what can be done now, how far it is, how fast, how well.
class ControlBar : public QFrame {
    Q_OBJECT

public:
    explicit ControlBar(QWidget* parent = nullptr);

    void setStatus(const ControlStatus& status);

    ActionButton* primaryButton() const { return primary_; }
    ActionButton* stepButton() const { return step_; }
    ActionButton* stopButton() const { return stop_; }
    ActionButton* forkButton() const { return fork_; }

Q_SIGNALS:
    void startRequested();
    void pauseRequested();
    /// Goes on after a pause.
    void continueRequested();
    /// Goes on with a stopped or failed run from its newest checkpoint.
    void resumeRequested();
    void stepRequested();
    void stopRequested();
    void forkRequested();
    void healthClicked();
    /// A button that cannot act was tried.
    void reasonAsked(const QString& reason);

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void build();
    void press();
    void showPrimary();
    void showOthers();
    void showProgress();
    void showHealth();

    ControlStatus status_;
    ActionButton *primary_ = nullptr, *step_ = nullptr, *stop_ = nullptr, *fork_ = nullptr;
    QLabel* progressCaption_ = nullptr;
    NumberLabel* progressNumber_ = nullptr;
    QProgressBar* progress_ = nullptr;
    MetricCell *speed_ = nullptr, *left_ = nullptr, *memory_ = nullptr;
    QWidget* health_ = nullptr;
    QLabel *healthCaption_ = nullptr, *healthMark_ = nullptr, *healthWord_ = nullptr;
    TimeSplitStrip* split_ = nullptr;
};

}  // namespace maskscope
