#include "widgets/teach/teach_view.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QTextBrowser>
#include <QVBoxLayout>
#include <algorithm>

#include "snapshot/filled_in.h"
#include "widgets/panels/action_button.h"
#include "widgets/panels/readable_text.h"
#include "widgets/pictures/image_conversion.h"
#include "widgets/pictures/picture_tile.h"
#include "widgets/pictures/state_layer.h"
#include "widgets/plots/numbers.h"
#include "widgets/teach/choice_marks.h"
#include "widgets/teach/question_box.h"
#include "widgets/teach/step_parts.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr std::size_t kChoices = 3;

/// Hidden patches, the one furthest off first.
std::vector<int> hiddenByLoss(const ImagePicture& picture) {
    std::vector<int> patches;
    for (std::size_t i = 0; i < std::min(picture.hidden.size(), picture.patchLoss.size()); ++i) {
        if (picture.hidden[i] != 0) patches.push_back(static_cast<int>(i));
    }
    std::stable_sort(patches.begin(), patches.end(),
                     [&](int a, int b) { return picture.patchLoss[static_cast<std::size_t>(a)] > picture.patchLoss[static_cast<std::size_t>(b)]; });
    return patches;
}

StepParts::Numbers numbersOf(const ImagePicture* picture, qint64 weights) {
    StepParts::Numbers numbers{.weights = weights};
    if (picture == nullptr) return numbers;
    numbers.hidden = std::count_if(picture->hidden.begin(), picture->hidden.end(), [](auto value) { return value != 0; });
    numbers.visible = static_cast<qint64>(picture->hidden.size()) - numbers.hidden;
    const std::vector<int> patches = hiddenByLoss(*picture);
    if (patches.empty()) return numbers;
    double sum = 0.0;
    for (const int patch : patches) sum += picture->patchLoss[static_cast<std::size_t>(patch)];
    numbers.loss = sum / static_cast<double>(patches.size());
    return numbers;
}

}  // namespace

TeachView::TeachView(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Lesson"));
    setProperty("helpPage", "teach");
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(buildText(), 5);
    row->addWidget(buildPictures(), 11);
    restyle();
    setLesson(builtInLesson());
}

QWidget* TeachView::buildText() {
    auto* panel = new QFrame(this);
    panel->setProperty("role", "column");
    auto* column = new QVBoxLayout(panel);
    column->setContentsMargins(scaled(18), scaled(14), scaled(18), scaled(14));
    column->setSpacing(scaled(8));
    lessonTitle_ = new QLabel(panel);
    lessonTitle_->setProperty("role", "label");
    title_ = new QLabel(panel);
    body_ = new QTextBrowser(panel);
    body_->setProperty("role", "plain");
    body_->setAccessibleName(tr("Text of the lesson"));
    body_->viewport()->setAutoFillBackground(false);
    for (QLabel* label : {lessonTitle_, title_}) label->setWordWrap(true);
    question_ = new QuestionBox(panel);
    back_ = new ActionButton(panel);
    back_->setFace(QStringLiteral("chevron-left"), tr("Back"));
    next_ = new ActionButton(panel);
    next_->setFace(QStringLiteral("chevron-right"), tr("Next"));
    next_->setRole(ActionButton::Role::Primary);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(back_);
    buttons->addStretch(1);
    buttons->addWidget(next_);
    column->addWidget(lessonTitle_);
    column->addWidget(title_);
    column->addWidget(body_, 1);
    column->addWidget(question_);
    column->addLayout(buttons);
    connect(back_, &ActionButton::clicked, this, [this] { showPage(page_ - 1); });
    connect(next_, &ActionButton::clicked, this, [this] { showPage(page_ + 1); });
    connect(question_, &QuestionBox::chose, this, [this] { refreshPictures(); });
    connect(question_, &QuestionBox::revealed, this, [this] {
        refreshPage();
        refreshPictures();
    });
    return panel;
}

QWidget* TeachView::buildPictures() {
    auto* panel = new QWidget(this);
    auto* column = new QVBoxLayout(panel);
    column->setContentsMargins(scaled(16), scaled(12), scaled(16), scaled(12));
    column->setSpacing(scaled(8));
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(scaled(14));
    seenCaption_ = new QLabel(panel);
    paintedCaption_ = new QLabel(panel);
    seen_ = new PictureTile(panel);
    painted_ = new PictureTile(panel);
    seen_->setHatched(true);
    for (PictureTile* tile : {seen_, painted_}) {
        tile->setOutline(PictureTile::Outline::Light);
        tile->setFocusPolicy(Qt::NoFocus);
        tile->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    }
    grid->addWidget(seenCaption_, 0, 0);
    grid->addWidget(paintedCaption_, 0, 1);
    grid->addWidget(seen_, 1, 0);
    grid->addWidget(painted_, 1, 1);
    grid->setRowStretch(1, 100);
    grid->setRowStretch(2, 1);
    marks_ = new ChoiceMarks(seen_);
    cover_ = new StateLayer(painted_);
    parts_ = new StepParts(panel);
    column->addLayout(grid, 1);
    column->addWidget(parts_);
    stateLayer_ = new StateLayer(panel);
    connect(parts_, &StepParts::stepRequested, this, &TeachView::stepRequested);
    connect(stateLayer_, &StateLayer::actionTriggered, this, &TeachView::startRequested);
    return panel;
}

void TeachView::setLesson(const Lesson& lesson) {
    lesson_ = lesson;
    showPage(0);
}

void TeachView::showPage(int page) {
    page_ = std::clamp(page, 0, static_cast<int>(lesson_.pages.size()) - 1);
    shown_ = facts_.picture;
    shownStep_ = facts_.step;
    askQuestion();
    refreshPage();
    refreshPictures();
}

void TeachView::setFacts(const Facts& facts) {
    const bool isFirst = shown_ == nullptr || shownStep_ < 0;
    facts_ = facts;
    parts_->setUnavailable(facts.cannotStep);
    if (isCovered() && !choices_.empty() && !isFirst) return;  // asked about this picture
    shown_ = facts.picture;
    shownStep_ = facts.step;
    if (choices_.empty() || isFirst) askQuestion();
    refreshPage();
    refreshPictures();
}

/// The patches that are furthest off, in the middle and closest: what is asked has one clear answer.
void TeachView::askQuestion() {
    choices_.clear();
    const LessonPage& page = lesson_.pages[static_cast<std::size_t>(page_)];
    if (!page.question || shown_ == nullptr || shown_->prediction.empty()) return;
    const std::vector<int> patches = hiddenByLoss(*shown_);
    if (patches.size() < kChoices) return;
    choices_ = {patches.front(), patches[patches.size() / 2], patches.back()};
    std::sort(choices_.begin(), choices_.end());
    QStringList answers;
    const PatchGrid grid{static_cast<int>(shown_->rows), static_cast<int>(shown_->columns)};
    for (const int patch : choices_) answers << tr("row %1, column %2").arg(grid.rowOf(patch) + 1).arg(grid.columnOf(patch) + 1);
    question_->ask(
        *page.question == LessonQuestion::MostWrong ? tr("Where is the model most wrong?") : tr("Where is the model closest to the truth?"), answers);
    question_->setVerdict(rightChoice(), verdictWords());
}

int TeachView::rightChoice() const {
    const auto& question = lesson_.pages[static_cast<std::size_t>(page_)].question;
    if (choices_.empty() || !question) return -1;
    const auto closer = [this](int a, int b) {
        return shown_->patchLoss[static_cast<std::size_t>(a)] < shown_->patchLoss[static_cast<std::size_t>(b)];
    };
    const auto right = *question == LessonQuestion::MostWrong ? std::max_element(choices_.begin(), choices_.end(), closer)
                                                              : std::min_element(choices_.begin(), choices_.end(), closer);
    return static_cast<int>(right - choices_.begin());
}

QString TeachView::verdictWords() const {
    QStringList losses;
    for (std::size_t i = 0; i < choices_.size(); ++i)
        losses << tr("%1\u00a0%2")
                      .arg(QuestionBox::letter(static_cast<int>(i)), significant(double{shown_->patchLoss[static_cast<std::size_t>(choices_[i])]}));
    return tr("Squared errors: %1.").arg(losses.join(QStringLiteral(", ")));
}

bool TeachView::isCovered() const { return lesson_.pages[static_cast<std::size_t>(page_)].covered && !choices_.empty() && !question_->isRevealed(); }

void TeachView::refreshPage() {
    const LessonPage& page = lesson_.pages[static_cast<std::size_t>(page_)];
    const int last = static_cast<int>(lesson_.pages.size()) - 1;
    lessonTitle_->setText(tr("%1 · %2 of %3").arg(lesson_.title).arg(page_ + 1).arg(last + 1));
    title_->setText(page.title);
    body_->setMarkdown(page.text);
    makeReadable(*body_->document());
    question_->setVisible(!choices_.empty());
    parts_->setPart(page.part);
    parts_->setNumbers(numbersOf(shown_.get(), facts_.parameters));
    back_->setUnavailable(page_ == 0 ? tr("This is the first page.") : QString());
    next_->setUnavailable(isCovered() ? tr("Next opens after the reveal.") : page_ == last ? tr("This is the last page.") : QString());
}

void TeachView::refreshPictures() {
    const bool answered = shown_ != nullptr && !shown_->prediction.empty();
    stateLayer_->setState(shown_ != nullptr
                              ? ViewState::ready()
                              : ViewState::empty(tr("A picture, mostly hidden, and what a network makes of it"),
                                                 facts_.noPicture.isEmpty() ? tr("It appears once training on pictures runs.") : facts_.noPicture,
                                                 facts_.noPicture.isEmpty() ? tr("Start") : tr("Start the lesson's example")));
    parts_->setPicture(shown_);
    if (shown_ == nullptr) return;
    const PatchGrid grid{static_cast<int>(shown_->rows), static_cast<int>(shown_->columns)};
    const double share = hiddenShare(shown_->hidden);
    seenCaption_->setText(tr("What the encoder sees · %1 hidden").arg(percent(share)));
    paintedCaption_->setText(answered && shownStep_ >= 0 ? tr("What the decoder paints · step %1").arg(exact(shownStep_))
                                                         : tr("What the decoder paints"));
    for (PictureTile* tile : {seen_, painted_}) {
        tile->setGrid(grid);
        tile->setHidden(shown_->hidden);
    }
    seen_->setImage(toQImage(shown_->original));
    painted_->setImage(toQImage(answered ? filledIn(*shown_) : shown_->original));
    painted_->setHatched(!answered);
    marks_->setMarks(choices_, question_->chosen());
    cover_->setState(isCovered() ? ViewState::empty(tr("Covered until you reveal it"),
                                                    question_->chosen() < 0 ? tr("Choose an answer first.")
                                                                            : tr("You chose %1.").arg(QuestionBox::letter(question_->chosen())))
                     : answered ? ViewState::ready()
                                 : ViewState::empty(tr("Nothing is painted yet"), tr("Press Space to start training.")));
}

/// Square at most, so that captions stay close.
void TeachView::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    for (PictureTile* tile : {seen_, painted_}) tile->setMaximumHeight(std::max(scaled(120), (width() * 11 / 16 - scaled(46)) / 2));
}

void TeachView::restyle() {
    QFont title = maskscope::font(TextStyle::PageTitle);
    title.setPixelSize(scaled(19));
    title_->setFont(title);
    lessonTitle_->setFont(maskscope::font(TextStyle::Label));
    body_->document()->setDocumentMargin(0);
    makeReadable(*body_->document());
    for (QLabel* label : {seenCaption_, paintedCaption_}) label->setFont(maskscope::font(TextStyle::AreaTitle));
}

void TeachView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && parts_ != nullptr) restyle();
    QWidget::changeEvent(event);
}

}  // namespace maskscope
