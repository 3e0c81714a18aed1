#include "widgets/attention/attention_view.h"

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "widgets/attention/attention_grid.h"
#include "widgets/attention/attention_map.h"
#include "widgets/attention/feature_colors.h"
#include "widgets/pictures/patch_grid.h"
#include "widgets/pictures/state_layer.h"
#include "widgets/plots/figure_export.h"
#include "widgets/plots/sample_kind.h"
#include "widgets/plots/theme_change.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kRoomForFeaturesPx = 520;
constexpr int kRoomForMapPx = 360;
constexpr int kPictureWidthPx = 150, kTextWidthPx = 180;

}  // namespace

AttentionView::AttentionView(QWidget* parent) : QWidget(parent), state_(ViewState::ready()) {
    setAccessibleName(tr("Attention and features"));
    grid_ = new AttentionGrid;
    gridArea_ = new QScrollArea(this);
    gridArea_->setWidget(grid_);
    gridArea_->setWidgetResizable(true);
    gridArea_->setFrameShape(QFrame::NoFrame);
    gridArea_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    gridArea_->viewport()->setAutoFillBackground(false);
    gridArea_->setFocusPolicy(Qt::NoFocus);
    grid_->setAutoFillBackground(false);
    connect(gridArea_->verticalScrollBar(), &QScrollBar::rangeChanged, this, &AttentionView::scrollToHead);  // the grid has another size
    connect(gridArea_->verticalScrollBar(), &QScrollBar::valueChanged, grid_, qOverload<>(&QWidget::update));
    map_ = new AttentionMap(this);
    features_ = new FeatureColors(this);
    notice_ = new QLabel(this);
    notice_->setWordWrap(true);
    notice_->setAlignment(Qt::AlignCenter);
    notice_->setProperty("role", "label");
    tools_ = buildTools();

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(scaled(9), scaled(6), scaled(9), scaled(8));
    layout->setSpacing(scaled(4));
    layout->addWidget(tools_);
    auto* row = new QHBoxLayout;
    row->setSpacing(scaled(12));
    row->addWidget(gridArea_, 2);
    row->addWidget(notice_, 2);
    row->addWidget(map_, 1);
    row->addWidget(features_, 1);
    layout->addLayout(row, 1);
    row_ = row;
    stateLayer_ = new StateLayer(this);
    connectParts();
    updateState();
}

QWidget* AttentionView::buildTools() {
    auto* tools = new QWidget(this);
    auto* layout = new QHBoxLayout(tools);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(scaled(6));
    network_ = new QComboBox(tools);
    network_->setAccessibleName(tr("Network"));
    network_->setToolTip(tr("Whose attention is shown: the encoder reads the visible patches, the decoder fills in the hidden ones."));
    network_->hide();
    queryLabel_ = new QLabel(tools);
    queryLabel_->setProperty("role", "label");
    queryLabel_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    classQuery_ = new QToolButton(tools);
    classQuery_->setText(tr("Class token"));
    classQuery_->setCheckable(true);
    classQuery_->setToolTip(tr("Where the class token looks: what the summary of the whole image is made of. Click a patch for its own view."));
    rollout_ = new QToolButton(tools);
    rollout_->setText(tr("Rollout"));
    rollout_->setCheckable(true);
    rollout_->setToolTip(tr("Attention followed through all layers, heads averaged, instead of one head of one layer."));
    for (QToolButton* button : {classQuery_, rollout_}) {
        button->setAccessibleName(button->text());
        button->setAccessibleDescription(button->toolTip());
    }
    for (QWidget* control : {static_cast<QWidget*>(network_), static_cast<QWidget*>(classQuery_), static_cast<QWidget*>(rollout_)})
        control->setProperty(kControlProperty, true);
    layout->addWidget(network_);
    layout->addWidget(queryLabel_, 1);
    layout->addWidget(classQuery_);
    layout->addWidget(rollout_);
    return tools;
}

void AttentionView::connectParts() {
    connect(grid_, &AttentionGrid::headSelected, this, [this](qint64 layer, qint64 head) {
        rollout_->setChecked(false);
        setHead(layer, head);
        Q_EMIT headSelected(layer, head);
    });
    const auto takeQuery = [this](int patch) {
        setQuery(patch);
        Q_EMIT queryChanged(patch);
    };
    connect(map_, &AttentionMap::queryChanged, this, takeQuery);
    connect(features_, &FeatureColors::queryChanged, this, takeQuery);
    connect(map_, &AttentionMap::patchHovered, this, &AttentionView::patchHovered);
    connect(features_, &FeatureColors::patchHovered, this, &AttentionView::patchHovered);
    connect(classQuery_, &QToolButton::clicked, this, [this] {
        setQuery(std::nullopt);
        Q_EMIT queryChanged(-1);
    });
    connect(rollout_, &QToolButton::toggled, this, [this](bool on) {
        map_->setRollout(on);
        Q_EMIT rolloutRequested(on);
    });
    connect(network_, &QComboBox::currentTextChanged, this, &AttentionView::networkChanged);
    connect(stateLayer_, &StateLayer::actionTriggered, this, &AttentionView::actionTriggered);
}

void AttentionView::setAttention(std::shared_ptr<const AttentionRecord> attention) {
    attention_ = std::move(attention);
    grid_->setAttention(attention_);
    map_->setAttention(attention_);
    map_->setHead(grid_->selectedLayer(), grid_->selectedHead());
    if (attention_) {
        setQuery(attention_->query);
    }
    updateState();
}

void AttentionView::setTokens(std::shared_ptr<const TokensPicture> tokens) {
    if ((tokens_ == nullptr) != (tokens == nullptr)) {
        const QString parts = partsWord(tokens ? SampleKind::Text : SampleKind::Image);
        network_->setToolTip(tr("Whose attention is shown: the encoder reads the visible %1, the decoder fills in the hidden ones.").arg(parts));
        classQuery_->setToolTip(tr("Where the summary looks, or the mean over all %1. Click one for its own view.").arg(parts));
    }
    tokens_ = std::move(tokens);
    map_->setTokens(tokens_);
    features_->setTokens(tokens_);
    arrange();
}

void AttentionView::setFeatures(std::shared_ptr<const FeatureRecord> features) {
    hasFeatures_ = features && !features->empty();
    features_->setFeatures(std::move(features));
    updateState();
}

void AttentionView::setNoAttention(const QString& reason) {
    noAttention_ = reason;
    updateState();
}

void AttentionView::setState(const ViewState& state) {
    state_ = state;
    updateState();
}

void AttentionView::setNetworks(const QStringList& networks) {
    const QSignalBlocker blocker(network_);
    const QString former = network_->currentText();
    network_->clear();
    network_->addItems(networks);
    network_->setCurrentIndex(std::max(0, static_cast<int>(networks.indexOf(former))));
    network_->setVisible(networks.size() > 1);
}

void AttentionView::setQuery(std::optional<qint64> patch) {
    const PatchGrid grid = attention_ ? PatchGrid{static_cast<int>(attention_->rows), static_cast<int>(attention_->columns)} : PatchGrid{};
    const bool isPatch = patch && *patch >= 0;
    const bool hasClass = attention_ && attention_->hasClassToken;
    map_->setQuery(isPatch ? patch : std::nullopt);
    features_->setQuery(isPatch ? patch : std::nullopt);
    classQuery_->setChecked(!isPatch);
    classQuery_->setText(!attention_ || hasClass ? tr("Class token") : tr("All %1").arg(partsWord(tokens_ ? SampleKind::Text : SampleKind::Image)));
    classQuery_->setAccessibleName(classQuery_->text());
    const bool isWord = isPatch && tokens_ && static_cast<std::size_t>(*patch) < tokens_->tokens.size();
    const QString name = isWord     ? QString::fromStdString(tokens_->tokens[static_cast<std::size_t>(*patch)].text).trimmed()
                         : isPatch  ? (grid.isEmpty() ? QString() : patchName(grid, static_cast<int>(*patch)))
                         : hasClass ? tr("class token")
                                    : tr("mean over %1").arg(partsWord(tokens_ ? SampleKind::Text : SampleKind::Image));
    queryText_ = attention_ ? tr("query: %1").arg(name) : QString();
    arrange();
}

void AttentionView::setHead(qint64 layer, qint64 head) {
    grid_->setSelected(layer, head);
    map_->setHead(layer, head);
    scrollToHead();
}

void AttentionView::scrollToHead() {
    const QRect part = grid_->shownWith(grid_->selectedLayer(), grid_->selectedHead());
    gridArea_->ensureVisible(part.center().x(), part.center().y(), part.width() / 2 + 1, part.height() / 2 + 1);  // halves are rounded down
}

void AttentionView::setHoveredPatch(std::optional<qint64> patch) {
    const auto real = patch && *patch >= 0 ? patch : std::nullopt;
    map_->setHoveredPatch(real);
    features_->setHoveredPatch(real);
}

void AttentionView::updateState() {
    const bool hasAttention = attention_ && !attention_->empty() && noAttention_.isEmpty();
    const bool hasAny = hasAttention || hasFeatures_;
    ViewState shown = state_;
    if (shown.kind == ViewState::Kind::Empty && hasAny) {
        shown = ViewState::ready();
    } else if (shown.kind == ViewState::Kind::Ready && !hasAny) {
        shown = noAttention_.isEmpty() ? ViewState::empty(tr("Where each head looks, and what the features say"), tr("Choose an image in the stage."))
                                       : ViewState::empty(tr("No attention to show"), noAttention_);
    }
    stateLayer_->setState(shown);
    notice_->setText(noAttention_);
    arrange();
}

/// Narrow areas lose the features first, then the grid; the chosen head stays.
void AttentionView::arrange() {
    const bool hasAttention = attention_ && !attention_->empty() && noAttention_.isEmpty();
    const int room = width();
    gridArea_->setVisible(hasAttention && room >= scaled(kRoomForMapPx));
    map_->setVisible(hasAttention);
    notice_->setVisible(!noAttention_.isEmpty() && hasFeatures_);
    features_->setVisible(hasFeatures_ && (!hasAttention || room >= scaled(kRoomForFeaturesPx)));
    for (QToolButton* button : {classQuery_, rollout_}) {
        button->setVisible(hasAttention);
    }
    const int least = std::min(room, scaled(tokens_ ? kTextWidthPx : kPictureWidthPx));
    for (QWidget* picture : {static_cast<QWidget*>(map_), static_cast<QWidget*>(features_)}) {
        row_->setStretch(row_->indexOf(picture), tokens_ ? 2 : 1);
        picture->setMinimumWidth(least);
    }
    const bool saysAll = hasAttention && room >= scaled(kRoomForFeaturesPx);
    queryLabel_->setText(saysAll ? tr("%1 · bars: mean distance").arg(queryText_) : hasAttention ? queryText_ : QString());
    queryLabel_->setToolTip(queryLabel_->text());
    queryLabel_->setFont(maskscope::font(TextStyle::Label));
    notice_->setFont(maskscope::font(TextStyle::Body));
}

void AttentionView::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (isThemeChange(event)) {
        arrange();
    }
}

void AttentionView::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    arrange();
}

QSize AttentionView::minimumSizeHint() const { return {scaled(280), scaled(200)}; }

QSize AttentionView::sizeHint() const { return {scaled(630), scaled(250)}; }

}  // namespace maskscope
