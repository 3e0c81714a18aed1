#include "widgets/panels/control_bar.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QVBoxLayout>

#include "widgets/panels/action_button.h"
#include "widgets/panels/metric_cell.h"
#include "widgets/panels/number_label.h"
#include "widgets/panels/time_split_strip.h"
#include "widgets/plots/doctor_view.h"
#include "widgets/plots/numbers.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kProgressWidthPx = 168, kNarrowProgressPx = 132, kTimeSplitFromPx = 1180, kMemoryFromPx = 1040;

/// "3,300 img/s" as the number and its unit.
std::pair<QString, QString> splitUnit(const QString& text) {
    const qsizetype gap = text.lastIndexOf(QChar(kThinGap));
    return gap < 0 ? std::pair(text, QString()) : std::pair(text.left(gap), text.mid(gap + 1));
}

QColor verdictColor(Verdict verdict) {
    switch (verdict) {
        case Verdict::Learning:
            return theme().running;
        case Verdict::TooEarly:
            return theme().text2;
        case Verdict::Stalled:
            return theme().warning;
        case Verdict::Collapsing:
        case Verdict::Diverged:
            return theme().error;
    }
    return theme().text2;
}

QString verdictIcon(Verdict verdict) {
    switch (verdict) {
        case Verdict::Learning:
            return QStringLiteral("dot");
        case Verdict::TooEarly:
            return QStringLiteral("clock");
        case Verdict::Stalled:
            return QStringLiteral("warning");
        case Verdict::Collapsing:
        case Verdict::Diverged:
            return QStringLiteral("error");
    }
    return QStringLiteral("clock");
}

}  // namespace

ControlBar::ControlBar(QWidget* parent) : QFrame(parent) {
    setProperty("role", "bar");
    setAccessibleName(tr("Training controls"));
    setProperty("helpPage", "training");
    build();
    connect(primary_, &ActionButton::clicked, this, &ControlBar::press);
    connect(step_, &ActionButton::clicked, this, &ControlBar::stepRequested);
    connect(stop_, &ActionButton::clicked, this, &ControlBar::stopRequested);
    connect(fork_, &ActionButton::clicked, this, &ControlBar::forkRequested);
    for (ActionButton* button : {primary_, step_, stop_, fork_}) connect(button, &ActionButton::reasonAsked, this, &ControlBar::reasonAsked);
    setStatus({});
}

void ControlBar::build() {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(scaled(12), 0, scaled(12), 0);
    row->setSpacing(scaled(6));
    setFixedHeight(scaled(52));
    for (ActionButton** button : {&primary_, &step_, &stop_, &fork_}) {
        *button = new ActionButton(this);
        row->addWidget(*button);
    }
    primary_->setRole(ActionButton::Role::Primary);
    step_->setFace(QStringLiteral("step"), tr("Step"));
    step_->setHelp(tr("One training step, then paused again (S)"));
    stop_->setFace(QStringLiteral("stop"), tr("Stop"));
    stop_->setHelp(tr("Ends after the step under way and saves a checkpoint; the run can be resumed"));
    fork_->setFace(QStringLiteral("fork"), tr("Fork"));
    fork_->setHelp(tr("A new run that goes on from a checkpoint of this one, with settings of your choice"));
    row->addSpacing(scaled(14));

    auto* progress = new QWidget(this);
    auto* grid = new QGridLayout(progress);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setVerticalSpacing(scaled(5));
    progressCaption_ = new QLabel(progress);
    progressCaption_->setProperty("role", "label");
    progressNumber_ = new NumberLabel(TextStyle::AreaTitle, progress);
    progressNumber_->setAlignment(Qt::AlignRight);
    progress_ = new QProgressBar(progress);
    progress_->setTextVisible(false);
    progress_->setAccessibleName(tr("Steps done"));
    grid->addWidget(progressCaption_, 0, 0);
    grid->addWidget(progressNumber_, 0, 1);
    grid->addWidget(progress_, 1, 0, 1, 2);
    row->addWidget(progress, 0, Qt::AlignVCenter);
    row->addSpacing(scaled(14));

    speed_ = new MetricCell(tr("Speed"), tr("Training samples a second, lately"), this);
    speed_->setWidest(QStringLiteral("0,000"), QStringLiteral("img/s"));
    left_ = new MetricCell(tr("Time left"), tr("To the last step, at the recent speed"), this);
    left_->setWidest(QStringLiteral("00 min 00 s"), {});
    memory_ = new MetricCell(tr("Memory"), tr("What this program holds in memory"), this);
    memory_->setWidest(QStringLiteral("0.00"), QStringLiteral("of 00.0 GB"));
    for (MetricCell* cell : {speed_, left_, memory_}) {
        row->addWidget(cell);
        row->addSpacing(scaled(12));
    }
    health_ = new QWidget(this);
    health_->setFocusPolicy(Qt::TabFocus);
    health_->setCursor(Qt::PointingHandCursor);
    health_->installEventFilter(this);
    auto* healthGrid = new QGridLayout(health_);
    healthGrid->setContentsMargins(0, 0, 0, 0);
    healthGrid->setSpacing(0);
    healthGrid->setHorizontalSpacing(scaled(5));
    healthCaption_ = new QLabel(tr("Health"), health_);
    healthCaption_->setProperty("role", "label");
    healthMark_ = new QLabel(health_);
    healthWord_ = new QLabel(health_);
    healthGrid->addWidget(healthCaption_, 0, 0, 1, 2);
    healthGrid->addWidget(healthMark_, 1, 0);
    healthGrid->addWidget(healthWord_, 1, 1);
    healthGrid->setColumnStretch(1, 1);
    row->addWidget(health_, 0, Qt::AlignVCenter);
    row->addStretch(1);
    split_ = new TimeSplitStrip(this);
    split_->setMaximumWidth(scaled(420));
    row->addWidget(split_, 2);
}

void ControlBar::setStatus(const ControlStatus& status) {
    status_ = status;
    showPrimary();
    showOthers();
    showProgress();
    showHealth();
    const auto [speed, speedUnit] = splitUnit(status.samplesPerSecond > 0 ? rateText(status.samplesPerSecond, status.kind) : QStringLiteral("—"));
    speed_->setWidest(QStringLiteral("0,000"), rateUnit(status.kind));
    speed_->setValue(speed, speedUnit);
    left_->setValue(status.secondsLeft > 0 ? timeSpan(status.secondsLeft) : QStringLiteral("—"));
    const auto [memory, memoryUnit] = splitUnit(status.memoryBytes > 0 ? memoryText(status.memoryBytes) : QStringLiteral("—"));
    memory_->setValue(memory, status.memoryBytes > 0 && status.memoryLimit > 0 ? tr("of %1").arg(memoryText(status.memoryLimit)) : memoryUnit);
    split_->setSplit(status.split, status.secondsPerStep);
}

void ControlBar::press() {
    switch (status_.state) {
        case RunState::Running:
        case RunState::Saving:
            Q_EMIT pauseRequested();
            break;
        case RunState::Paused:
            Q_EMIT continueRequested();
            break;
        case RunState::Stopped:
        case RunState::Failed:
            status_.hasCheckpoint ? Q_EMIT resumeRequested() : Q_EMIT startRequested();
            break;
        default:
            Q_EMIT startRequested();
    }
}

void ControlBar::showPrimary() {
    const QString key = tr("Space");
    QString reason = status_.cannotStart;
    switch (status_.state) {
        case RunState::Running:
        case RunState::Saving:
            primary_->setFace(QStringLiteral("pause"), tr("Pause"), key);
            primary_->setHelp(tr("Pauses after the step under way; nothing is lost"));
            reason.clear();
            break;
        case RunState::Paused:
            primary_->setFace(QStringLiteral("play"), tr("Go on"), key);
            primary_->setHelp(tr("Training goes on where it paused"));
            reason.clear();
            break;
        case RunState::Stopped:
        case RunState::Failed:
            primary_->setFace(QStringLiteral("resume"), status_.hasCheckpoint ? tr("Resume") : tr("Start"), key);
            primary_->setHelp(tr("Goes on from the newest checkpoint; what came after it is done again, bit for bit"));
            break;
        case RunState::Preparing:
            primary_->setFace(QStringLiteral("pause"), tr("Pause"), key);
            reason = tr("Pause works once training runs; the data are being prepared.");
            break;
        case RunState::Finished:
            primary_->setFace(QStringLiteral("play"), tr("Start"), key);
            primary_->setHelp(tr("Starts a new run with the settings on the left"));
            break;
        case RunState::Watching:
            primary_->setFace(QStringLiteral("pause"), tr("Pause"), key);
            reason = tr("Another process writes this run: pause it there. This window only looks.");
            break;
        case RunState::Ready:
            primary_->setFace(QStringLiteral("play"), tr("Start"), key);
            primary_->setHelp(tr("Trains the recipe on the left"));
            break;
    }
    primary_->setUnavailable(reason);
    primary_->setRole(reason.isEmpty() ? ActionButton::Role::Primary : ActionButton::Role::Normal);
}

void ControlBar::showOthers() {
    const RunState state = status_.state;
    const QString elsewhere = tr("Another process writes this run; this window only looks.");
    if (state == RunState::Paused)
        step_->setUnavailable({});
    else
        step_->setUnavailable(state == RunState::Watching                               ? elsewhere
                              : state == RunState::Running || state == RunState::Saving ? tr("Step works while paused. Press Space to pause.")
                                                                                        : tr("Step works while paused. Press Space to start."));
    stop_->setUnavailable(isActive(state) ? QString() : state == RunState::Watching ? elsewhere : tr("Stop works while a run is training."));
    fork_->setUnavailable(status_.hasCheckpoint ? QString() : tr("Fork works once a run has a checkpoint. The first one is saved when it starts."));
}

void ControlBar::showProgress() {
    const QLocale locale;
    if (status_.state == RunState::Preparing) {
        progressCaption_->setText(status_.work.isEmpty() ? tr("Preparing") : status_.work);
        progressNumber_->setNumber(status_.workShare >= 0 ? percent(status_.workShare) : QString());
        progress_->setMaximum(status_.workShare >= 0 ? 1000 : 0);
        progress_->setValue(qRound(qMax(0.0, status_.workShare) * 1000));
        return;
    }
    progressCaption_->setText(tr("Step"));
    progressNumber_->setNumber(status_.lastStep > 0 ? tr("%1 / %2").arg(locale.toString(status_.step), locale.toString(status_.lastStep))
                                                    : QStringLiteral("—"));
    progress_->setMaximum(1000);
    progress_->setValue(status_.lastStep > 0 ? static_cast<int>(1000 * status_.step / status_.lastStep) : 0);
}

void ControlBar::showHealth() {
    const QColor color = status_.verdict ? verdictColor(*status_.verdict) : theme().text2;
    const QString word = status_.verdict ? verdictName(*status_.verdict) : QStringLiteral("—");
    healthWord_->setText(word);
    healthWord_->setFont(maskscope::font(TextStyle::MetricValue));
    healthCaption_->setFont(maskscope::font(TextStyle::Label));
    progressCaption_->setFont(maskscope::font(TextStyle::Label));
    const QString mark = status_.verdict ? verdictIcon(*status_.verdict) : QString();
    healthMark_->setPixmap(mark.isEmpty() ? QPixmap() : icon(mark, color).pixmap(scaled(14), scaled(14)));
    healthMark_->setVisible(!mark.isEmpty());
    const QString help =
        status_.verdictSentence.isEmpty() ? tr("Says once training runs whether the model learns, stalls or collapses") : status_.verdictSentence;
    health_->setToolTip(help);
    health_->setAccessibleName(tr("Health: %1").arg(word));
    health_->setAccessibleDescription(help);
}

void ControlBar::resizeEvent(QResizeEvent* event) {
    QFrame::resizeEvent(event);
    const bool isNarrow = width() < scaled(kTimeSplitFromPx);
    split_->setVisible(!isNarrow);
    memory_->setVisible(width() >= scaled(kMemoryFromPx));
    progress_->parentWidget()->setFixedWidth(scaled(isNarrow ? kNarrowProgressPx : kProgressWidthPx));
}

void ControlBar::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && health_ != nullptr) {
        setFixedHeight(scaled(52));
        setStatus(status_);
    }
    QFrame::changeEvent(event);
}

bool ControlBar::eventFilter(QObject* watched, QEvent* event) {
    if (watched == health_ && event->type() == QEvent::MouseButtonRelease) Q_EMIT healthClicked();
    return QFrame::eventFilter(watched, event);
}

}  // namespace maskscope
