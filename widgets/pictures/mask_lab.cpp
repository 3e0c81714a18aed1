#include "widgets/pictures/mask_lab.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QScrollArea>
#include <QSlider>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <array>

#include "widgets/panels/flow_layout.h"
#include "widgets/pictures/mask_lab_sheet.h"
#include "widgets/pictures/state_layer.h"
#include "widgets/plots/figure_export.h"
#include "widgets/plots/numbers.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kAskAfterMs = 100;
constexpr std::uint64_t kSeedRows = 4;
constexpr std::array<double, 5> kRatioRows = {0.25, 0.5, 0.6, 0.75, 0.9};
constexpr std::array<int, 3> kDraws = {100, 1000, 10000};

enum Sweep { kSeeds, kRatios };

QLabel* quietLabel(QWidget* parent, const QString& text) {
    auto* label = new QLabel(text, parent);
    label->setProperty("role", QStringLiteral("label"));
    return label;
}

}  // namespace

MaskLab::MaskLab(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Mask laboratory"));
    sheet_ = new MaskLabSheetView;
    scroll_ = new QScrollArea(this);
    scroll_->setFrameShape(QFrame::NoFrame);
    scroll_->setFocusPolicy(Qt::NoFocus);
    scroll_->setWidgetResizable(true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(scaled(4));
    controls_ = makeControls();
    controls_->setProperty(kControlProperty, true);
    column->addWidget(controls_);
    column->addWidget(scroll_, 1);
    scroll_->setWidget(sheet_);
    stateLayer_ = new StateLayer(scroll_);
    connect(sheet_, &MaskLabSheetView::maskChosen, this, &MaskLab::maskChosen);
    connect(stateLayer_, &StateLayer::actionTriggered, this, &MaskLab::actionTriggered);
    askTimer_.setSingleShot(true);
    askTimer_.setInterval(kAskAfterMs);
    connect(&askTimer_, &QTimer::timeout, this, [this] { Q_EMIT wanted(request()); });
    setState(ViewState::empty(tr("Masks of several strategies appear here, side by side."), tr("Choose strategies above.")));
    refreshControls();
}

QWidget* MaskLab::makeControls() {
    auto* controls = new QWidget(this);
    auto* row = new FlowLayout(controls, scaled(6), scaled(4));
    row->setContentsMargins(scaled(9), scaled(4), scaled(9), 0);
    strategyButton_ = new QToolButton(controls);
    strategyButton_->setProperty("role", QStringLiteral("segment"));
    strategyButton_->setProperty("end", QStringLiteral("only"));
    strategyButton_->setPopupMode(QToolButton::InstantPopup);
    strategyButton_->setToolTip(tr("Which strategies are the columns. A strategy decides which patches are hidden."));
    strategyButton_->setMenu(new QMenu(strategyButton_));
    sweep_ = new QComboBox(controls);
    sweep_->addItems({tr("Rows: seeds"), tr("Rows: ratios")});
    sweep_->setAccessibleName(tr("What the rows are"));
    sweep_->setToolTip(tr("Seeds: several draws at one ratio. Ratios: one draw at several shares of hidden patches."));
    row->addWidget(strategyButton_);
    row->addWidget(sweep_);
    row->addWidget(makeRatioRow(controls));
    row->addWidget(makeSeedRow(controls));
    row->addWidget(makeDraws(controls));
    const auto changed = [this] {
        refreshControls();
        askTimer_.start();
    };
    connect(sweep_, &QComboBox::currentIndexChanged, this, changed);
    connect(draws_, &QComboBox::currentIndexChanged, this, changed);
    connect(ratio_, &QSlider::valueChanged, this, changed);
    connect(seed_, &QSpinBox::valueChanged, this, changed);
    return controls;
}

/// Slider and number stay together where the controls wrap.
QWidget* MaskLab::makeRatioRow(QWidget* controls) {
    auto* holder = new QWidget(controls);
    auto* row = new QHBoxLayout(holder);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(scaled(6));
    ratio_ = new QSlider(Qt::Horizontal, holder);
    ratio_->setRange(5, 95);
    ratio_->setValue(75);
    ratio_->setFixedWidth(scaled(80));
    ratio_->setAccessibleName(tr("Ratio: share of hidden patches"));
    ratio_->setToolTip(tr("Ratio: the share of patches that is hidden."));
    ratioLabel_ = new QLabel(holder);
    ratioLabel_->setMinimumWidth(ratioLabel_->fontMetrics().horizontalAdvance(percent(0.95)) + scaled(4));
    row->addWidget(quietLabel(holder, tr("Ratio")));
    row->addWidget(ratio_);
    row->addWidget(ratioLabel_);
    return holder;
}

/// Which masks are drawn.
QWidget* MaskLab::makeSeedRow(QWidget* controls) {
    auto* holder = new QWidget(controls);
    auto* row = new QHBoxLayout(holder);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(scaled(2));
    seed_ = new QSpinBox(holder);
    seed_->setRange(0, 999999);
    seed_->setPrefix(tr("seed "));
    seed_->setAccessibleName(tr("First seed"));
    seed_->setToolTip(tr("Which draw: the same seed gives the same mask."));
    seed_->setButtonSymbols(QAbstractSpinBox::NoButtons);
    seed_->setMaximumWidth(scaled(92));
    again_ = new QToolButton(holder);
    again_->setIcon(icon(QStringLiteral("refresh")));
    again_->setIconSize(QSize(scaled(16), scaled(16)));
    again_->setAccessibleName(tr("Draw again"));
    again_->setToolTip(tr("Draw again, with the next seeds."));
    connect(again_, &QToolButton::clicked, this, [this] { seed_->setValue(seed_->value() + static_cast<int>(request().seeds.size())); });
    row->addWidget(seed_);
    row->addWidget(again_);
    return holder;
}

QWidget* MaskLab::makeDraws(QWidget* controls) {
    draws_ = new QComboBox(controls);
    for (const int draws : kDraws) draws_->addItem(tr("%1 draws").arg(exact(draws)), draws);
    draws_->setCurrentIndex(1);
    draws_->setAccessibleName(tr("Draws for the statistics"));
    draws_->setToolTip(tr("Over how many masks probability and histograms are counted."));
    return draws_;
}

void MaskLab::refreshControls() {
    const bool ratios = sweep_->currentIndex() == kRatios;
    ratio_->setEnabled(!ratios);
    ratio_->setToolTip(ratios ? tr("The rows are ratios already.") : tr("Ratio: the share of patches that is hidden."));
    ratioLabel_->setText(percent(ratio_->value() / 100.0));
    strategyButton_->setText(tr("Strategies: %1").arg(chosen_.size()));
    strategyButton_->setMinimumWidth(strategyButton_->sizeHint().width());
    strategyButton_->setAccessibleName(tr("Strategies, %1 chosen").arg(chosen_.size()));
}

void MaskLab::setStrategies(const QStringList& names, const QStringList& chosen) {
    names_ = names;
    chosen_.clear();
    for (const QString& name : chosen)
        if (names.contains(name)) chosen_ << name;
    controls_->setVisible(!names_.isEmpty());
    addStrategyMenu();
    refreshControls();
    if (!chosen_.isEmpty()) askTimer_.start();
}

void MaskLab::addStrategyMenu() {
    QMenu* menu = strategyButton_->menu();
    menu->clear();
    for (const QString& name : names_) {
        QAction* action = menu->addAction(name);
        action->setCheckable(true);
        action->setChecked(chosen_.contains(name));
        connect(action, &QAction::toggled, this, [this, name](bool on) {
            chosen_.removeAll(name);
            if (on) chosen_ << name;
            refreshControls();
            askTimer_.start();
        });
    }
}

QStringList MaskLab::chosenStrategies() const { return chosen_; }

void MaskLab::setImage(const QImage& image) { sheet_->setImage(image); }

void MaskLab::setSheet(std::shared_ptr<const MaskLabSheet> sheet) { sheet_->setSheet(std::move(sheet)); }

void MaskLab::setState(const ViewState& state) { stateLayer_->setState(state); }

MaskLabRequest MaskLab::request() const {
    MaskLabRequest request;
    for (const QString& name : chosen_) request.strategies.push_back(name.toStdString());
    const auto seed = static_cast<std::uint64_t>(seed_->value());
    if (sweep_->currentIndex() == kRatios) {
        request.ratios.assign(kRatioRows.begin(), kRatioRows.end());
        request.seeds = {seed};
    } else {
        request.ratios = {ratio_->value() / 100.0};
        for (std::uint64_t i = 0; i < kSeedRows; ++i) request.seeds.push_back(seed + i);
    }
    request.draws = draws_->currentData().toInt();
    return request;
}

QSize MaskLab::minimumSizeHint() const { return {scaled(400), scaled(260)}; }

}  // namespace maskscope
