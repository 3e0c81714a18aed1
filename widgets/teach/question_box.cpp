#include "widgets/teach/question_box.h"

#include <QEvent>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "widgets/panels/action_button.h"
#include "widgets/theme/theme.h"

namespace maskscope {

QuestionBox::QuestionBox(QWidget* parent)
    : QFrame(parent),
      caption_(new QLabel(tr("Predict, then reveal"), this)),
      question_(new QLabel(this)),
      verdict_(new QLabel(this)),
      reveal_(new ActionButton(this)) {
    setProperty("role", "palette");
    setAccessibleName(tr("Question"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(scaled(12), scaled(10), scaled(12), scaled(12));
    column->setSpacing(scaled(6));
    column->addWidget(caption_);
    column->addWidget(question_);
    for (std::size_t i = 0; i < answers_.size(); ++i) {
        answers_[i] = new QPushButton(this);
        answers_[i]->setCheckable(true);
        answers_[i]->setMinimumHeight(scaled(29));
        connect(answers_[i], &QPushButton::clicked, this, [this, i] { choose(static_cast<int>(i)); });
        column->addWidget(answers_[i]);
    }
    column->addWidget(reveal_, 0, Qt::AlignLeft);
    column->addWidget(verdict_);
    for (QLabel* label : {question_, verdict_}) label->setWordWrap(true);
    reveal_->setFace(QStringLiteral("eye"), tr("Reveal"));
    reveal_->setRole(ActionButton::Role::Primary);
    reveal_->setHelp(tr("Uncovers what the model painted, and what is true of each answer"));
    connect(reveal_, &ActionButton::clicked, this, &QuestionBox::reveal);
    refresh();
}

void QuestionBox::ask(const QString& question, const QStringList& answers) {
    question_->setText(question);
    for (std::size_t i = 0; i < answers_.size(); ++i) {
        const QString text = answers.value(static_cast<int>(i));
        answers_[i]->setVisible(!text.isEmpty());
        answers_[i]->setText(tr("%1   %2").arg(letter(static_cast<int>(i)), text));
    }
    chosen_ = -1;
    revealed_ = false;
    refresh();
}

void QuestionBox::choose(int answer) {
    if (!revealed_) chosen_ = answer;
    refresh();
    if (!revealed_) Q_EMIT chose(answer);
}

void QuestionBox::reveal() {
    if (chosen_ < 0 || revealed_) return;
    revealed_ = true;
    refresh();
    Q_EMIT revealed();
}

void QuestionBox::setVerdict(int right, const QString& words) {
    right_ = right;
    words_ = words;
    refresh();
}

void QuestionBox::refresh() {
    caption_->setFont(maskscope::font(TextStyle::Label));
    for (std::size_t i = 0; i < answers_.size(); ++i) {
        const bool isChosen = static_cast<int>(i) == chosen_;
        answers_[i]->setChecked(isChosen);
        answers_[i]->setIcon(isChosen || (revealed_ && static_cast<int>(i) == right_)
                                 ? icon(revealed_ && static_cast<int>(i) != right_ ? QStringLiteral("close") : QStringLiteral("check"))
                                 : QIcon());
    }
    reveal_->setVisible(!revealed_);
    reveal_->setUnavailable(chosen_ < 0 ? tr("Reveal works once you have chosen an answer.") : QString());
    verdict_->setVisible(revealed_);
    const QString judged = chosen_ == right_ ? tr("You were right.") : tr("It was %1.").arg(right_ < 0 ? QString() : letter(right_));
    verdict_->setText(judged + QLatin1Char(' ') + words_);
}

void QuestionBox::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && reveal_ != nullptr) refresh();
    QFrame::changeEvent(event);
}

}  // namespace maskscope
