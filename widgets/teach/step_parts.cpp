#include "widgets/teach/step_parts.h"

#include <QEvent>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QStyle>
#include <QVBoxLayout>

#include "widgets/panels/action_button.h"
#include "widgets/plots/numbers.h"
#include "widgets/teach/step_drawing.h"
#include "widgets/theme/theme.h"

namespace maskscope {

StepParts::StepParts(QWidget* parent) : QWidget(parent), step_(new ActionButton(this)) {
    setAccessibleName(tr("Parts of a training step"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(scaled(6));
    const QString titles[] = {tr("1 Encoder"), tr("2 Decoder"), tr("3 Loss"), tr("4 Update")};
    for (std::size_t i = 0; i < cards_.size(); ++i) {
        auto* frame = new QFrame(this);
        frame->setProperty("role", "card");
        auto* column = new QVBoxLayout(frame);
        column->setContentsMargins(scaled(9), scaled(7), scaled(9), scaled(7));
        column->setSpacing(scaled(2));
        cards_[i] = {frame, new QLabel(titles[i], frame), new QLabel(frame), new StepDrawing(static_cast<StepPart>(i + 1), frame)};
        cards_[i].text->setWordWrap(true);
        cards_[i].text->setProperty("role", "label");
        column->addWidget(cards_[i].title);
        column->addWidget(cards_[i].text);
        column->addStretch(1);
        column->addSpacing(scaled(4));
        column->addWidget(cards_[i].drawing);
        row->addWidget(frame, 1);
    }
    step_->setFace(QStringLiteral("step"), tr("Step"), tr("S"));
    step_->setHelp(tr("All four, once: one training step"));
    row->addWidget(step_);
    connect(step_, &ActionButton::clicked, this, &StepParts::stepRequested);
    setNumbers({});
    setPart(StepPart::None);
}

void StepParts::setNumbers(const Numbers& numbers) {
    const bool has = numbers.hidden > 0;
    cards_[0].text->setText(has ? tr("%1 visible patches become feature vectors").arg(exact(numbers.visible)) : tr("reads the visible patches"));
    cards_[1].text->setText(has ? tr("paints the %1 hidden patches").arg(exact(numbers.hidden)) : tr("paints the hidden patches"));
    cards_[2].text->setText(numbers.loss >= 0 ? tr("%1 on hidden patches").arg(significant(numbers.loss)) : tr("how far off, hidden patches only"));
    cards_[3].text->setText(numbers.weights > 0 ? tr("%1 weights move a little").arg(significant(static_cast<double>(numbers.weights)))
                                                : tr("all weights move a little"));
}

void StepParts::setPicture(const std::shared_ptr<const ImagePicture>& picture) {
    for (const Card& card : cards_) card.drawing->setPicture(picture);
}

void StepParts::setPart(StepPart part) {
    for (std::size_t i = 0; i < cards_.size(); ++i) {
        const bool isLit = static_cast<int>(part) == static_cast<int>(i) + 1;
        cards_[i].frame->setProperty("chosen", isLit);
        cards_[i].frame->setAccessibleName(isLit ? tr("%1, this page is about it").arg(cards_[i].title->text()) : cards_[i].title->text());
        cards_[i].frame->style()->unpolish(cards_[i].frame);
        cards_[i].frame->style()->polish(cards_[i].frame);
    }
    restyle();
}

void StepParts::setUnavailable(const QString& reason) { step_->setUnavailable(reason); }

void StepParts::restyle() {
    for (const Card& card : cards_) {
        card.title->setFont(maskscope::font(TextStyle::AreaTitle));
        card.text->setFont(maskscope::font(TextStyle::Label));
    }
}

void StepParts::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && cards_[3].text != nullptr) restyle();
    QWidget::changeEvent(event);
}

}  // namespace maskscope
