#include "widgets/plots/skill_badge.h"

#include <QLocale>
#include <QPainter>
#include <QTextLayout>
#include <algorithm>
#include <cmath>

#include "widgets/plots/numbers.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kHeightPx = 46;
constexpr int kBoxWidthPx = 72;
constexpr int kGapPx = 9;

/// Three decimals, so that it fits in its box: "0.407", "0.008".
QString skillText(double skill) { return std::abs(skill) < 10.0 ? QLocale().toString(skill, 'f', 3).replace(u'-', u'\u2212') : significant(skill); }

/// One line of an area; what is too long ends in "…". @return  the rest of the area
QRectF drawElided(QPainter& painter, const QRectF& area, const QString& text) {
    const QFontMetricsF metrics(painter.font());
    painter.drawText(area, Qt::AlignLeft | Qt::AlignTop, metrics.elidedText(text, Qt::ElideRight, area.width()));
    return area.adjusted(0, metrics.lineSpacing(), 0, 0);
}

/// A text broken between words into at most `most` lines; the last one is elided where it has to be.
QStringList wrapped(const QString& text, const QFont& font, double width, qsizetype most) {
    QTextLayout layout(text, font);
    QStringList lines;
    layout.beginLayout();
    for (QTextLine line = layout.createLine(); line.isValid(); line = layout.createLine()) {
        line.setLineWidth(width);
        const bool isLast = lines.size() + 1 == most;
        lines << text.mid(line.textStart(), isLast ? -1 : line.textLength()).trimmed();
        if (isLast) break;
    }
    layout.endLayout();
    return lines;
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
    setToolTip(summary ? QStringList{sentence_, details_, summary->help}.join(QLatin1Char('\n')) : reason);
    update();
}

QStringList SkillBadge::lines(double width) const {
    const QFont title = maskscope::font(TextStyle::AreaTitle);
    const auto most = static_cast<qsizetype>(scaled(kHeightPx) / QFontMetricsF(title).lineSpacing());
    return wrapped(sentence_, title, width - scaled(kBoxWidthPx + kGapPx), most);
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
    painter.drawText(box.adjusted(0, scaled(4), 0, -scaled(16)), Qt::AlignCenter, summary_ ? skillText(summary_->skill) : QStringLiteral("—"));
    painter.setPen(tokens.text2);
    painter.setFont(maskscope::font(TextStyle::Label));
    painter.drawText(box.adjusted(0, scaled(24), 0, -scaled(3)), Qt::AlignCenter, tr("skill"));

    const double left = box.right() + scaled(kGapPx) - 1;
    const QFont title = maskscope::font(TextStyle::AreaTitle), label = maskscope::font(TextStyle::Label);
    const QFontMetricsF metrics(title);
    const double room = scaled(kHeightPx), line = metrics.lineSpacing();
    const QStringList lines = this->lines(area.width());
    const double below = details_.isEmpty() ? 0.0 : QFontMetricsF(label).lineSpacing();
    const double sentence = static_cast<double>(lines.size()) * line;
    const bool showsDetails = sentence + below <= room;  // the tooltip has them too
    const double height = sentence + (showsDetails ? below : 0.0);
    QRectF words(left, area.top() + (room - height) / 2.0, area.right() - left, height);
    painter.setPen(summary_ ? tokens.text : tokens.text2);
    painter.setFont(title);
    for (const QString& each : lines) words = drawElided(painter, words, each);
    if (!showsDetails) return;
    painter.setPen(tokens.text2);
    painter.setFont(label);
    drawElided(painter, words, details_);
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
