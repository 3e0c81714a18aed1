#include "widgets/plots/skill_badge.h"

#include <QPainter>

#include "widgets/plots/numbers.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kHeightPx = 46;
constexpr int kBoxWidthPx = 62;

void drawElided(QPainter& painter, const QRectF& area, const QString& text) {
    const QFontMetricsF metrics(painter.font());
    painter.drawText(area, Qt::AlignLeft | Qt::AlignVCenter, metrics.elidedText(text, Qt::ElideRight, area.width()));
}

}  // namespace

SkillBadge::SkillBadge(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setSkill(std::nullopt, tr("Skill comes with the first validation"));
}

void SkillBadge::setSkill(const std::optional<SkillSummary>& summary, const QString& reason) {
    summary_ = summary;
    sentence_ = summary ? summary->sentence : reason;
    details_ = summary ? summary->details : QString();
    setAccessibleName(summary ? tr("Skill %1: %2").arg(significant(summary->skill), sentence_) : sentence_);
    setAccessibleDescription(details_);
    setToolTip(tr("%1\n%2\nSkill is 1 − pixel error ÷ error of the mean patch, on the hidden patches of the validation images: "
                  "1 is perfect, 0 is no better than filling in the mean colour.")
                   .arg(sentence_, details_));
    update();
}

void SkillBadge::paint(QPainter& painter, const QRectF& area) const {
    const ThemeTokens& tokens = theme();
    const QRectF box(area.left() + 1, area.top() + 1, scaled(kBoxWidthPx), scaled(kHeightPx) - 2);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(summary_ && summary_->beatsAll ? tokens.running : tokens.ctlBorder, 2.0 * scaled(1)));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(box, scaled(4), scaled(4));
    painter.setPen(summary_ ? tokens.text : tokens.text2);
    painter.setFont(maskscope::font(TextStyle::SkillNumber));
    painter.drawText(box.adjusted(0, scaled(4), 0, -scaled(16)), Qt::AlignCenter, summary_ ? significant(summary_->skill) : QStringLiteral("—"));
    painter.setPen(tokens.text2);
    painter.setFont(maskscope::font(TextStyle::Label));
    painter.drawText(box.adjusted(0, scaled(24), 0, -scaled(3)), Qt::AlignCenter, tr("skill"));

    const double left = box.right() + scaled(9);
    const QRectF words(left, area.top(), area.right() - left, scaled(kHeightPx));
    const double half = words.height() / 2.0;
    painter.setPen(summary_ ? tokens.text : tokens.text2);
    painter.setFont(maskscope::font(TextStyle::AreaTitle));
    drawElided(painter, details_.isEmpty() ? words : QRectF(words.left(), words.top() + scaled(3), words.width(), half - scaled(3)), sentence_);
    painter.setPen(tokens.text2);
    painter.setFont(maskscope::font(TextStyle::Label));
    drawElided(painter, QRectF(words.left(), words.top() + half, words.width(), half - scaled(3)), details_);
}

void SkillBadge::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    paint(painter, rect());
}

QSize SkillBadge::sizeHint() const {
    const int words = QFontMetrics(maskscope::font(TextStyle::AreaTitle)).horizontalAdvance(sentence_);
    return {scaled(kBoxWidthPx + 12) + words, scaled(kHeightPx)};
}

QSize SkillBadge::minimumSizeHint() const { return {scaled(kBoxWidthPx + 120), scaled(kHeightPx)}; }

}  // namespace maskscope
