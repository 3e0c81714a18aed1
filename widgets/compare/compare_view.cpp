#include "widgets/compare/compare_view.h"

#include <QComboBox>
#include <QEvent>
#include <QFrame>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QSignalBlocker>
#include <QSplitter>
#include <QStyle>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "snapshot/filled_in.h"
#include "widgets/attention/scale_bar.h"
#include "widgets/compare/picture_difference.h"
#include "widgets/pictures/image_conversion.h"
#include "widgets/pictures/picture_tile.h"
#include "widgets/pictures/state_layer.h"
#include "widgets/plots/curves_view.h"
#include "widgets/plots/figure_export.h"
#include "widgets/plots/numbers.h"
#include "widgets/plots/theme_change.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

const Image& shownImage(const ImagePicture& picture, CompareView::Shown shown) {
    switch (shown) {
        case CompareView::Shown::Composite:
            return filledIn(picture);
        case CompareView::Shown::Prediction:
            return picture.prediction;
        case CompareView::Shown::Masked:
            return picture.masked;
        case CompareView::Shown::Original:
            return picture.original;
    }
    return filledIn(picture);
}

/// The look of an area of the window, for each part of this one.
QFrame* areaFrame(QWidget* parent) {
    auto* frame = new QFrame(parent);
    frame->setProperty("role", "area");
    auto* layout = new QVBoxLayout(frame);
    layout->setContentsMargins(1, 1, 1, 1);
    return frame;
}

QLabel* smallLabel(QWidget* parent) {
    auto* label = new QLabel(parent);
    label->setProperty("role", "label");
    label->setWordWrap(true);
    label->setFont(maskscope::font(TextStyle::Label));
    return label;
}

}  // namespace

CompareView::CompareView(QWidget* parent) : QWidget(parent), state_(ViewState::ready()) {
    setAccessibleName(tr("Compare two runs"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    auto* parts = new QSplitter(Qt::Vertical, this);
    parts->setChildrenCollapsible(false);
    parts->setHandleWidth(scaled(4));
    parts->addWidget(buildPictures());
    parts->addWidget(buildNumbers());
    parts->setStretchFactor(0, 3);
    parts->setStretchFactor(1, 2);
    parts->setSizes({3 * scaled(1000), 2 * scaled(1000)});  // in proportion: the pictures come first
    layout->addWidget(parts, 1);
    stateLayer_ = new StateLayer(this);
    connect(stateLayer_, &StateLayer::actionTriggered, this, &CompareView::actionTriggered);
    connect(curves_, &CurvesView::cursorMoved, this, &CompareView::cursorMoved);
    showNames();
    showPictures();
    updateState();
}

QWidget* CompareView::buildSide(Side& side) {
    auto* column = new QWidget(this);
    auto* layout = new QVBoxLayout(column);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(scaled(2));
    side.name = new QLabel(column);
    side.note = smallLabel(column);
    side.tile = new PictureTile(column);
    layout->addWidget(side.name);
    layout->addWidget(side.tile, 1);
    layout->addWidget(side.note);
    connect(side.tile, &PictureTile::patchHovered, this, [this](int patch) {
        setHoveredPatch(patch);
        Q_EMIT patchHovered(patch);
    });
    return column;
}

QWidget* CompareView::buildPictures() {
    auto* pictures = areaFrame(this);
    auto* layout = static_cast<QVBoxLayout*>(pictures->layout());
    layout->setContentsMargins(scaled(9), scaled(8), scaled(9), scaled(8));
    layout->setSpacing(scaled(4));
    auto* tools = new QHBoxLayout;
    choice_ = new QComboBox(pictures);
    choice_->addItems({tr("Composite"), tr("Prediction"), tr("Masked"), tr("Original")});
    choice_->setAccessibleName(tr("What both sides show"));
    choice_->setToolTip(tr("What both sides show; the difference is always between the two predictions on the hidden patches."));
    same_ = smallLabel(pictures);
    auto* swap = new QToolButton(pictures);
    swap->setText(tr("Swap"));
    swap->setAccessibleName(swap->text());
    swap->setToolTip(tr("Swaps the two sides; the difference changes its sign."));
    swap->setProperty(kControlProperty, true);
    tools->addWidget(choice_);
    tools->addWidget(same_, 1);
    tools->addWidget(swap);
    layout->addLayout(tools);
    auto* row = new QHBoxLayout;
    row->setSpacing(scaled(12));
    row->addWidget(buildSide(sides_[0]), 1);
    row->addWidget(buildSide(sides_[1]), 1);
    row->addWidget(buildDifference(), 1);
    layout->addLayout(row, 1);
    connect(choice_, &QComboBox::currentIndexChanged, this, [this](int index) {
        shown_ = static_cast<Shown>(index);
        showPictures();
    });
    connect(swap, &QToolButton::clicked, this, &CompareView::swapRequested);
    return pictures;
}

QWidget* CompareView::buildDifference() {
    auto* column = new QWidget(this);
    auto* layout = new QVBoxLayout(column);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(scaled(2));
    differenceName_ = new QLabel(tr("Difference"), column);
    differenceTile_ = new PictureTile(column);
    differenceTile_->setAccessibleName(tr("Difference of the predictions, second minus first"));
    differenceTile_->setToolTip(tr("Second minus first, mean over channels: blue where the second is darker, orange where it is brighter."));
    differenceScale_ = new ScaleBar(column);
    differenceNote_ = smallLabel(column);
    auto* head = new QHBoxLayout;
    head->addWidget(differenceName_);
    head->addStretch(1);
    head->addWidget(differenceScale_);
    layout->addLayout(head);
    layout->addWidget(differenceTile_, 1);
    layout->addWidget(differenceNote_);
    connect(differenceTile_, &PictureTile::patchHovered, this, [this](int patch) {
        setHoveredPatch(patch);
        Q_EMIT patchHovered(patch);
    });
    return column;
}

QWidget* CompareView::buildNumbers() {
    auto* numbers = new QSplitter(Qt::Horizontal, this);
    numbers->setChildrenCollapsible(false);
    numbers->setHandleWidth(scaled(4));
    auto* settings = areaFrame(numbers);
    auto* losses = areaFrame(numbers);
    differences_ = new SettingsDifference(this);
    table_ = new QTableView(settings);
    table_->setModel(differences_);
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setShowGrid(false);
    table_->setTabKeyNavigation(false);
    table_->verticalHeader()->hide();
    table_->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table_->verticalHeader()->setDefaultSectionSize(scaled(20));
    table_->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    table_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    table_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table_->setTextElideMode(Qt::ElideLeft);  // the end of a setting's name tells most
    table_->setFrameShape(QFrame::NoFrame);
    table_->setAccessibleName(tr("Settings that differ"));
    curves_ = new CurvesView(losses);
    settings->layout()->addWidget(table_);
    losses->layout()->addWidget(curves_);
    numbers->addWidget(settings);
    numbers->addWidget(losses);
    numbers->setStretchFactor(0, 2);
    numbers->setStretchFactor(1, 3);
    return numbers;
}

void CompareView::setRuns(const ComparedRun& first, const ComparedRun& second) {
    sides_[0].run = first;
    sides_[1].run = second;
    differences_->setRuns(first.name, first.settings, second.name, second.settings);
    showNames();
    updateState();
}

void CompareView::setPictures(std::shared_ptr<const ImagePicture> first, std::shared_ptr<const ImagePicture> second) {
    sides_[0].picture = std::move(first);
    sides_[1].picture = std::move(second);
    showPictures();
}

void CompareView::setSteps(qint64 asked, qint64 first, qint64 second) {
    askedStep_ = asked;
    sides_[0].step = first;
    sides_[1].step = second;
    showNames();
}

void CompareView::setState(const ViewState& state) {
    state_ = state;
    updateState();
}

void CompareView::setCurves(RunCurves* curves) { curves_->setCurves(curves); }

void CompareView::setShown(Shown shown) {
    shown_ = shown;
    const QSignalBlocker blocker(choice_);
    choice_->setCurrentIndex(static_cast<int>(shown));
    showPictures();
}

void CompareView::setHoveredPatch(int patch) {
    for (PictureTile* tile : {sides_[0].tile, sides_[1].tile, differenceTile_}) {
        tile->setHoveredPatch(patch);
    }
}

void CompareView::showNames() {
    for (Side& side : sides_) {
        side.name->setFont(maskscope::font(TextStyle::AreaTitle));
        side.name->setText(side.run.name.isEmpty() ? tr("No run") : side.run.name);
        side.tile->setAccessibleName(side.name->text());
        QString note = side.step >= 0 ? tr("step %1").arg(exact(side.step)) : QString();
        if (side.step >= 0 && askedStep_ >= 0 && side.step != askedStep_) {
            note = sides_[0].step == sides_[1].step ? tr("step %1, the newest that both kept up to %2").arg(exact(side.step), exact(askedStep_))
                                                    : tr("step %1, no checkpoint at %2").arg(exact(side.step), exact(askedStep_));
        }
        side.note->setText(note);
        side.note->setProperty("role", side.step == askedStep_ ? "label" : "stale");
        side.note->setFont(maskscope::font(TextStyle::Label));
        side.note->style()->polish(side.note);
    }
    differenceName_->setFont(maskscope::font(TextStyle::AreaTitle));
}

void CompareView::showPictures() {
    for (Side& side : sides_) {
        const bool has = side.picture != nullptr;
        side.tile->setGrid(has ? PatchGrid{static_cast<int>(side.picture->rows), static_cast<int>(side.picture->columns)} : PatchGrid{});
        side.tile->setImage(has ? toQImage(shownImage(*side.picture, shown_)) : QImage());
        side.tile->setHidden(has ? side.picture->hidden : std::vector<std::uint8_t>{});
        side.tile->setHatched(shown_ == Shown::Masked);
        side.tile->setOutline(shown_ == Shown::Masked ? PictureTile::Outline::Strong : PictureTile::Outline::Light);
        side.tile->setState(has || side.run.id.isEmpty()
                                ? ViewState::ready()
                                : ViewState::empty(tr("No answer yet"), tr("Choose an image and a step that this run has.")));
    }
    showDifference();
}

void CompareView::showDifference() {
    const ImagePicture* first = sides_[0].picture.get();
    const ImagePicture* second = sides_[1].picture.get();
    const PictureDifference result = first != nullptr && second != nullptr ? pictureDifference(*first, *second) : PictureDifference{};
    difference_ = result.values;
    const bool has = !difference_.empty();
    differenceTile_->setGrid(has ? PatchGrid{static_cast<int>(first->rows), static_cast<int>(first->columns)} : PatchGrid{});
    differenceTile_->setImage(
        has ? mapImage(difference_, first->prediction.height, first->prediction.width, ColorMap::Difference, -result.greatest, result.greatest)
            : QImage());
    differenceTile_->setHidden(has ? first->hidden : std::vector<std::uint8_t>{});
    std::vector<std::uint8_t> visible;
    for (std::size_t i = 0; has && i < first->hidden.size(); ++i) {
        visible.push_back(first->hidden[i] == 0 ? 1 : 0);
    }
    differenceTile_->setNoValue(visible);
    differenceScale_->setVisible(has);
    differenceScale_->setScale(ColorMap::Difference, -result.greatest, result.greatest);
    differenceNote_->setText(has ? tr("mean difference %1 of the range").arg(percent(result.meanAbsolute, 1)) : reasonText(result.reason));
    same_->setText(has ? tr("same image, same mask") : QString());
}

void CompareView::updateState() {
    const bool hasBoth = !sides_[0].run.id.isEmpty() && !sides_[1].run.id.isEmpty();
    ViewState shown = state_;
    if (shown.kind == ViewState::Kind::Empty && hasBoth) {
        shown = ViewState::ready();
    } else if (shown.kind == ViewState::Kind::Ready && !hasBoth) {
        shown = ViewState::empty(tr("Two runs in lockstep: same image, mask and step"), tr("Choose two runs in the table of runs."));
    }
    stateLayer_->setState(shown);
}

void CompareView::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (isThemeChange(event)) {
        showNames();
    }
}

}  // namespace maskscope
