#include "widgets/plots/schedule_curve.h"

#include <QEvent>
#include <QHelpEvent>
#include <QPainter>
#include <QPolygonF>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "widgets/plots/numbers.h"
#include "widgets/plots/run_marker.h"
#include "widgets/theme/theme.h"

namespace maskscope {

ScheduleCurve::ScheduleCurve(QWidget* parent) : QWidget(parent), quantity_(tr("Learning rate")) { describe(); }

void ScheduleCurve::setValues(std::vector<double> values, double steps) {
    std::erase_if(values, [](double value) { return !std::isfinite(value); });
    values_ = std::move(values);
    steps_ = steps;
    if (!values_.empty()) {
        const auto [least, greatest] = std::minmax_element(values_.begin(), values_.end());
        least_ = std::min(0.0, *least);
        greatest_ = *greatest > least_ ? *greatest : least_ + 1.0;
    }
    describe();
    update();
}

void ScheduleCurve::setWarmup(std::optional<double> step) {
    warmup_ = step;
    describe();
    update();
}

void ScheduleCurve::setReached(std::optional<double> step) {
    reached_ = step;
    describe();
    update();
}

void ScheduleCurve::setQuantity(const QString& name) {
    quantity_ = name;
    describe();
}

std::optional<double> ScheduleCurve::valueAt(double step) const {
    if (values_.empty() || steps_ <= 0.0 || !(step >= 0.0) || step > steps_) {
        return std::nullopt;
    }
    const double place = step / steps_ * static_cast<double>(values_.size() - 1);
    const auto before = static_cast<std::size_t>(place);
    const std::size_t after = std::min(before + 1, values_.size() - 1);
    const double share = place - static_cast<double>(before);
    return values_[before] * (1.0 - share) + values_[after] * share;
}

QRectF ScheduleCurve::plotArea() const {
    const int margin = scaled(5);
    return QRectF(rect()).adjusted(margin, margin, -margin, -margin);
}

QPointF ScheduleCurve::pointOf(double step, double value) const {
    const QRectF area = plotArea();
    return {area.left() + step / steps_ * area.width(), area.bottom() - (value - least_) / (greatest_ - least_) * area.height()};
}

void ScheduleCurve::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme().well);
    painter.drawRoundedRect(rect(), scaled(2), scaled(2));
    const QRectF area = plotArea();
    if (values_.empty() || steps_ <= 0.0) {
        painter.setPen(QPen(theme().grid, 1));
        painter.drawLine(area.bottomLeft(), area.topRight());  // no value: never a flat curve
        return;
    }
    painter.setPen(QPen(theme().ctlBorder, 1));
    painter.drawLine(area.bottomLeft(), area.bottomRight());
    if (warmup_ && *warmup_ > 0.0 && *warmup_ < steps_) {
        painter.setPen(dashedPen(theme().text2, scaled(1), {2, 3}));
        painter.drawLine(pointOf(*warmup_, least_), pointOf(*warmup_, greatest_));
    }
    QPolygonF line;
    const double last = std::max(1.0, static_cast<double>(values_.size() - 1));
    for (std::size_t i = 0; i < values_.size(); ++i) {
        line << pointOf(steps_ * static_cast<double>(i) / last, values_[i]);
    }
    const QColor& color = theme().runs[0].color;
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(color, 1.6 * scaled(1), Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPolyline(line);
    if (const auto value = valueAt(reached_.value_or(-1.0))) {
        painter.setPen(QPen(theme().accent, scaled(1)));
        painter.drawLine(pointOf(*reached_, least_), pointOf(*reached_, greatest_));
        painter.setPen(QPen(theme().well, scaled(1)));
        painter.setBrush(theme().accent);
        painter.drawEllipse(pointOf(*reached_, *value), scaled(3), scaled(3));
    }
}

bool ScheduleCurve::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip && !values_.empty()) {
        auto* help = static_cast<QHelpEvent*>(event);
        const QRectF area = plotArea();
        const double step = std::round(std::clamp((help->pos().x() - area.left()) / area.width(), 0.0, 1.0) * steps_);
        if (const auto value = valueAt(step)) {
            QToolTip::showText(help->globalPos(), tr("%1 %2 at step %3").arg(quantity_, learningRateText(*value), exact(std::llround(step))), this);
            return true;
        }
    }
    return QWidget::event(event);
}

void ScheduleCurve::describe() {
    setAccessibleName(quantity_);
    if (values_.empty()) {
        setAccessibleDescription(tr("no schedule"));
        return;
    }
    QString text = tr("up to %1 over %2 steps").arg(learningRateText(greatest_), exact(std::llround(steps_)));
    if (warmup_ && *warmup_ > 0.0) {
        text += tr(", warm-up to step %1").arg(exact(std::llround(*warmup_)));
    }
    if (reached_) {
        text += tr(", now at step %1").arg(exact(std::llround(*reached_)));
    }
    setAccessibleDescription(text);
}

QSize ScheduleCurve::sizeHint() const { return {scaled(56), scaled(56)}; }

QSize ScheduleCurve::minimumSizeHint() const { return {scaled(40), scaled(32)}; }

}  // namespace maskscope
