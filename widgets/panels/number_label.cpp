#include "widgets/panels/number_label.h"

#include <QFontMetricsF>
#include <QPainter>

namespace maskscope {
namespace {

qreal figureWidth(const QFontMetricsF& metrics) {
    qreal widest = 0;
    for (char figure = '0'; figure <= '9'; ++figure) widest = qMax(widest, metrics.horizontalAdvance(QLatin1Char(figure)));
    return widest;
}

}  // namespace

qreal numberWidth(const QFontMetricsF& metrics, const QString& text) {
    const qreal figure = figureWidth(metrics);
    qreal width = 0;
    for (const QChar c : text) width += c.isDigit() ? figure : metrics.horizontalAdvance(c);
    return width;
}

qreal drawNumber(QPainter& painter, QPointF baseline, const QString& text) {
    const QFontMetricsF metrics(painter.font());
    const qreal figure = figureWidth(metrics);
    for (const QChar c : text) {
        const qreal own = metrics.horizontalAdvance(c);
        const qreal cell = c.isDigit() ? figure : own;
        painter.drawText(baseline + QPointF((cell - own) / 2, 0), QString(c));
        baseline.rx() += cell;
    }
    return baseline.x();
}

NumberLabel::NumberLabel(TextStyle style, QWidget* parent) : QWidget(parent), style_(style) {
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void NumberLabel::setNumber(const QString& number, const QString& unit) {
    if (number == number_ && unit == unit_) return;
    const QSize before = sizeHint();
    number_ = number;
    unit_ = unit;
    setAccessibleDescription(text());
    if (sizeHint() != before) updateGeometry();
    update();
}

QString NumberLabel::text() const { return unit_.isEmpty() ? number_ : number_ + QLatin1Char(' ') + unit_; }

void NumberLabel::setWidest(const QString& number, const QString& unit) {
    widestNumber_ = number;
    widestUnit_ = unit;
    updateGeometry();
}

void NumberLabel::setAlignment(Qt::Alignment alignment) {
    alignment_ = alignment;
    update();
}

qreal NumberLabel::widthOf(const QString& number, const QString& unit) const {
    const qreal digits = numberWidth(QFontMetricsF(maskscope::font(style_)), number);
    return unit.isEmpty() ? digits : digits + scaled(4) + QFontMetricsF(maskscope::font(TextStyle::Body)).horizontalAdvance(unit);
}

QSize NumberLabel::sizeHint() const {
    const qreal width = qMax(widthOf(number_, unit_), widthOf(widestNumber_, widestUnit_));
    return {qRound(std::ceil(width)), qRound(std::ceil(QFontMetricsF(maskscope::font(style_)).height()))};
}

void NumberLabel::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setFont(maskscope::font(style_));
    painter.setPen(isEnabled() ? theme().text : theme().disabled);
    const QFontMetricsF metrics(painter.font());
    const qreal baseline = (height() - metrics.height()) / 2 + metrics.ascent();
    const qreal left = alignment_.testFlag(Qt::AlignRight) ? width() - widthOf(number_, unit_) : 0.0;
    const qreal end = drawNumber(painter, {left, baseline}, number_);
    if (unit_.isEmpty()) return;
    painter.setFont(maskscope::font(TextStyle::Body));
    painter.setPen(theme().text2);
    painter.drawText(QPointF(end + scaled(4), baseline), unit_);
}

}  // namespace maskscope
