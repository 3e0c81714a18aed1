#include "widgets/panels/time_panel.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/panels/action_button.h"
#include "widgets/panels/number_label.h"
#include "widgets/plots/numbers.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kFrameMs = 1000 / 12;
constexpr int kPlayFrames = 96;  // from the first to the last step: eight seconds

}  // namespace

TimePanel::TimePanel(QWidget* parent) : QFrame(parent), lanes_(new TimeLanes(this)), tools_(new QWidget(this)) {
    setProperty("role", "column");
    setAccessibleName(tr("Time"));
    setProperty("helpPage", "time");
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, scaled(6), 0, scaled(2));
    column->setSpacing(scaled(2));
    column->addWidget(tools_);
    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->viewport()->setAutoFillBackground(false);
    scroll->setWidget(lanes_);
    lanes_->setAutoFillBackground(false);
    column->addWidget(scroll, 1);
    buildTools();
    timer_.setInterval(kFrameMs);
    connect(&timer_, &QTimer::timeout, this, &TimePanel::advance);
    connect(lanes_, &TimeLanes::laneClicked, this, &TimePanel::laneClicked);
    connect(lanes_, &TimeLanes::cursorMoved, this, [this](qint64 step) {
        follow(false);
        setCursor(step);
        Q_EMIT cursorMoved(step);
    });
    showCursor();
}

void TimePanel::buildTools() {
    auto* row = new QHBoxLayout(tools_);
    row->setContentsMargins(scaled(10), 0, scaled(12), 0);
    row->setSpacing(scaled(6));
    first_ = new QToolButton(tools_);
    first_->setIcon(icon(QStringLiteral("first")));
    first_->setToolTip(tr("To the first step (Home)"));
    first_->setAccessibleName(tr("To the first step"));
    play_ = new QToolButton(tools_);
    play_->setCheckable(true);
    play_->setIcon(icon(QStringLiteral("play")));
    play_->setToolTip(tr("Moves the cursor through the run, in eight seconds from its first step to its last"));
    play_->setAccessibleName(tr("Play the run"));
    follow_ = new ActionButton(tools_);
    follow_->setCheckable(true);
    follow_->setChecked(true);
    follow_->setFace(QStringLiteral("follow"), tr("Follow newest"));
    follow_->setHelp(tr("The cursor goes with the newest step, and every view with it"));
    caption_ = new QLabel(tr("Cursor"), tools_);
    caption_->setProperty("role", "label");
    step_ = new NumberLabel(TextStyle::RunName, tools_);
    step_->setAccessibleName(tr("Cursor"));
    note_ = new QLabel(tools_);
    note_->setProperty("role", "label");
    fork_ = new ActionButton(tools_);
    fork_->setRole(ActionButton::Role::Quiet);
    fork_->setFace(QStringLiteral("fork"), tr("Fork here"));
    fork_->setHelp(tr("A new run that goes on from the checkpoint at or before the cursor"));
    for (QWidget* part : std::initializer_list<QWidget*>{first_, play_, follow_}) row->addWidget(part);
    row->addSpacing(scaled(10));
    for (QWidget* part : std::initializer_list<QWidget*>{caption_, step_, note_}) row->addWidget(part);
    row->addStretch(1);
    row->addWidget(fork_);
    connect(first_, &QToolButton::clicked, this, [this] {
        if (!lanes_->lanes().empty()) Q_EMIT lanes_->cursorMoved(lanes_->lanes().front().firstStep);
    });
    connect(play_, &QToolButton::toggled, this, &TimePanel::play);
    connect(follow_, &ActionButton::clicked, this, &TimePanel::follow);
    connect(fork_, &ActionButton::clicked, this, [this] { Q_EMIT forkRequested(lanes_->cursor().value_or(0)); });
    connect(fork_, &ActionButton::reasonAsked, this, &TimePanel::reasonAsked);
}

void TimePanel::setLanes(std::vector<TimeLane> lanes) {
    lanes_->setLanes(std::move(lanes));
    step_->setWidest(lanes_->lanes().empty() ? QString() : stepText(lanes_->axisEnd()));
}

void TimePanel::setCurrentLane(const QString& id) { lanes_->setCurrentLane(id); }

void TimePanel::setCursor(std::optional<qint64> step) {
    lanes_->setCursor(step);
    showCursor();
}

void TimePanel::setFollowing(bool following) {
    following_ = following;
    follow_->setChecked(following);
}

void TimePanel::setCursorNote(const QString& note) { note_->setText(note); }

void TimePanel::setForkUnavailable(const QString& reason) { fork_->setUnavailable(reason); }

void TimePanel::follow(bool on) {
    if (on) play_->setChecked(false);
    if (on == following_) return follow_->setChecked(on);
    setFollowing(on);
    Q_EMIT followingChanged(on);
}

void TimePanel::play(bool on) {
    play_->setIcon(icon(on ? QStringLiteral("pause") : QStringLiteral("play")));
    if (!on || lanes_->lanes().empty()) return timer_.stop();
    follow(false);
    const TimeLane& lane = lanes_->lanes().front();
    if (lanes_->cursor().value_or(lane.step) >= lane.step) setCursor(lane.firstStep);
    timer_.start();
}

void TimePanel::advance() {
    if (lanes_->lanes().empty()) return play_->setChecked(false);
    const TimeLane& lane = lanes_->lanes().front();
    const qint64 stride = std::max<qint64>(1, (lane.step - lane.firstStep) / kPlayFrames);
    const qint64 next = std::min(lane.step, lanes_->cursor().value_or(lane.firstStep) + stride);
    setCursor(next);
    Q_EMIT cursorMoved(next);
    if (next >= lane.step) play_->setChecked(false);
}

QString TimePanel::stepText(qint64 step) { return tr("step %1").arg(exact(step)); }

void TimePanel::showCursor() {
    caption_->setFont(maskscope::font(TextStyle::Label));
    note_->setFont(maskscope::font(TextStyle::Label));
    step_->setNumber(lanes_->cursor() ? stepText(*lanes_->cursor()) : QStringLiteral("—"));
}

void TimePanel::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && step_ != nullptr) showCursor();
    QFrame::changeEvent(event);
}

}  // namespace maskscope
