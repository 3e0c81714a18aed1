#include "widgets/panels/recipe_column.h"

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSlider>
#include <QStandardItemModel>
#include <QVBoxLayout>

#include "widgets/panels/card_pictures.h"
#include "widgets/panels/number_label.h"
#include "widgets/panels/recipe_card.h"
#include "widgets/pictures/picture_tile.h"
#include "widgets/plots/numbers.h"
#include "widgets/plots/schedule_curve.h"
#include "widgets/theme/theme.h"

namespace maskscope {

RecipeColumn::RecipeColumn(QWidget* parent) : QFrame(parent) {
    setProperty("role", "column");
    setAccessibleName(tr("Recipe"));
    setProperty("helpPage", "recipe");
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(scaled(8), scaled(8), scaled(2), 0);
    outer->setSpacing(scaled(6));
    search_ = new QLineEdit(this);
    search_->setPlaceholderText(tr("Search the recipe  ( / )"));
    search_->setClearButtonEnabled(true);
    search_->setAccessibleName(tr("Search the recipe"));
    connect(search_, &QLineEdit::textChanged, this, &RecipeColumn::filter);
    auto* searchRow = new QHBoxLayout;
    searchRow->addWidget(search_);
    searchRow->setContentsMargins(0, 0, scaled(6), 0);
    outer->addLayout(searchRow);

    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto* content = new QWidget(scroll);
    column_ = new QVBoxLayout(content);
    column_->setContentsMargins(0, 0, scaled(6), scaled(8));
    column_->setSpacing(scaled(6));
    scroll->setWidget(content);
    content->setAutoFillBackground(false);
    scroll->viewport()->setAutoFillBackground(false);
    outer->addWidget(scroll, 1);
    buildCards();
    column_->addStretch(1);
    setStarted(false);
}

void RecipeColumn::buildCards() {
    thumbnails_ = new ThumbnailSheet;
    masked_ = new PictureTile;
    masked_->setHatched(true);
    masked_->setOutline(PictureTile::Outline::Light);
    masked_->setFocusPolicy(Qt::NoFocus);
    network_ = new NetworkDrawing;
    target_ = new ImageWell;
    loss_ = new LossSketch;
    schedule_ = new ScheduleCurve;
    schedule_->setQuantity(tr("Learning rate"));
    cards_ = {
        new RecipeCard(QStringLiteral("data"), tr("Data"), thumbnails_),    new RecipeCard(QStringLiteral("mask"), tr("Mask"), masked_),
        new RecipeCard(QStringLiteral("encoder"), tr("Encoder"), network_), new RecipeCard(QStringLiteral("target"), tr("Target"), target_),
        new RecipeCard(QStringLiteral("loss"), tr("Head and loss"), loss_), new RecipeCard(QStringLiteral("schedule"), tr("Schedule"), schedule_)};
    cards_[Data]->setToolTip(tr("What the model learns from. Drop a folder of images, an archive or one image anywhere on the window."));
    cards_[Encoder]->setToolTip(tr("The network whose features are kept after training; blue: its blocks, green: the head that fills in."));
    cards_[Target]->setToolTip(tr("What the model is asked for at hidden places."));
    cards_[HeadAndLoss]->setToolTip(tr("How an answer is made and how far off it is; dotted: predictors that learn nothing."));
    cards_[Schedule]->setToolTip(tr("How fast it learns over the run."));
    for (RecipeCard* card : cards_) {
        column_->addWidget(card);
        connect(card, &RecipeCard::settingEdited, this, &RecipeColumn::settingEdited);
    }
    buildMaskControls();
}

void RecipeColumn::buildMaskControls() {
    strategy_ = new QComboBox;
    strategy_->setAccessibleName(tr("Mask strategy"));
    strategy_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    strategy_->setMinimumContentsLength(6);
    connect(strategy_, &QComboBox::textActivated, this, &RecipeColumn::strategyChosen);
    cards_[Mask]->setTitleControl(strategy_);

    ratioRow_ = new QWidget;
    auto* row = new QHBoxLayout(ratioRow_);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(scaled(6));
    ratioCaption_ = new QLabel(tr("Ratio"), ratioRow_);
    ratioCaption_->setProperty("role", "label");
    ratio_ = new QSlider(Qt::Horizontal, ratioRow_);
    ratio_->setRange(5, 95);
    ratio_->setPageStep(5);
    ratio_->setAccessibleName(tr("Mask ratio in percent"));
    ratioNumber_ = new NumberLabel(TextStyle::Body, ratioRow_);
    ratioNumber_->setWidest(QStringLiteral("00"), QStringLiteral("%"));
    ratioNumber_->setAlignment(Qt::AlignRight);
    row->addWidget(ratioCaption_);
    row->addWidget(ratio_, 1);
    row->addWidget(ratioNumber_);
    cards_[Mask]->addControl(ratioRow_);
    connect(ratio_, &QSlider::valueChanged, this, [this](int percentHidden) {
        showRatio(percentHidden / 100.0);
        Q_EMIT ratioChanged(percentHidden / 100.0, !ratio_->isSliderDown());
    });
    connect(ratio_, &QSlider::sliderReleased, this, [this] { Q_EMIT ratioChanged(ratio_->value() / 100.0, true); });
}

void RecipeColumn::setData(const DataSummary& found) {
    thumbnails_->setImages(found.thumbnails);
    cards_[Data]->setSummary(found.card);
}

void RecipeColumn::setRecipe(const RecipeSummary& recipe) {
    recipe_ = recipe;
    {
        const QSignalBlocker quiet(strategy_);
        strategy_->clear();
        strategy_->addItems(recipe.strategies);
        strategy_->setCurrentText(recipe.strategy);
    }
    showStrategyProblems();
    cards_[Mask]->setTitleControlShown(!recipe.strategy.isEmpty());
    const QString parts = partsWord(recipe.kind);
    cards_[Mask]->setToolTip(tr("Which %1 are hidden. Hatched ones are what the model has to fill in.").arg(parts));
    ratio_->setToolTip(tr("Mask ratio: the share of %1 that is hidden").arg(parts));
    strategy_->setToolTip(tr("How hidden %1 are chosen").arg(parts));
    cards_[Mask]->setSummary(recipe.mask);
    cards_[Target]->setSummary(recipe.target);
    cards_[HeadAndLoss]->setSummary(recipe.head);
    cards_[Schedule]->setSummary(recipe.schedule);
    network_->setShape(recipe.network);
    schedule_->setValues(recipe.learningRates, recipe.steps);
    schedule_->setWarmup(recipe.warmupSteps > 0 ? std::optional(recipe.warmupSteps) : std::nullopt);
    ratioRow_->setVisible(recipe.ratio.has_value());
    if (recipe.ratio) {
        const QSignalBlocker quiet(ratio_);
        ratio_->setValue(qRound(*recipe.ratio * 100));
        showRatio(*recipe.ratio);
    }
    showEncoder();
}

void RecipeColumn::setStrategyProblems(const QMap<QString, QString>& problems) {
    strategyProblems_ = problems;
    showStrategyProblems();
}

void RecipeColumn::showStrategyProblems() {
    const auto* model = qobject_cast<QStandardItemModel*>(strategy_->model());
    for (int row = 0; row < strategy_->count(); ++row) {
        const QString problem = strategyProblems_.value(strategy_->itemText(row));
        QStandardItem* item = model->item(row);
        item->setEnabled(problem.isEmpty());
        item->setToolTip(problem);
        item->setAccessibleDescription(problem);
    }
}

void RecipeColumn::setPreview(const MaskPreview& preview) {
    masked_->setImage(preview.image);
    masked_->setGrid(preview.grid);
    masked_->setHidden(preview.hidden);
    target_->setImage(preview.target);
    qint64 hidden = 0;
    for (const auto value : preview.hidden) hidden += value;
    CardSummary mask = recipe_.mask;
    if (!preview.hidden.empty()) mask.lines.prepend(tr("%1 of %2 hidden").arg(hidden).arg(preview.hidden.size()));
    cards_[Mask]->setSummary(mask);
}

void RecipeColumn::setParameterCount(qint64 parameters) {
    if (parameters == parameters_) return;
    parameters_ = parameters;
    showEncoder();
}

void RecipeColumn::showEncoder() {
    CardSummary encoder = recipe_.encoder;
    if (parameters_ > 0) encoder.lines << tr("%1 parameters").arg(significant(static_cast<double>(parameters_)));
    cards_[Encoder]->setSummary(encoder);
}

void RecipeColumn::setLoss(std::vector<CurvePoint> points, std::vector<double> references) {
    loss_->setCurve(std::move(points), std::move(references));
}

void RecipeColumn::setReached(std::optional<double> step) { schedule_->setReached(step); }

void RecipeColumn::setStarted(bool started) {
    for (RecipeCard* card : cards_) card->setTag(started ? RecipeCard::Tag::Fork : RecipeCard::Tag::None);
    if (started) cards_[Schedule]->setTag(RecipeCard::Tag::Live);
}

void RecipeColumn::showRatio(double ratio) { ratioNumber_->setNumber(QString::number(qRound(ratio * 100)), QStringLiteral("%")); }

void RecipeColumn::filter(const QString& words) {
    RecipeCard* only = nullptr;
    int found = 0;
    for (RecipeCard* card : cards_) {
        const bool fits = card->matches(words);
        card->setVisible(fits);
        card->setChosen(fits && !words.isEmpty());
        if (fits && ++found == 1) only = card;
    }
    if (found == 1 && !words.isEmpty()) only->setOpen(true);
}

void RecipeColumn::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && ratioCaption_ != nullptr) ratioCaption_->setFont(maskscope::font(TextStyle::Label));
    QFrame::changeEvent(event);
}

}  // namespace maskscope
