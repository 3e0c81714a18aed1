#include "widgets/plots/small_curves.h"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>
#include <algorithm>
#include <array>
#include <cmath>

#include "widgets/plots/numbers.h"
#include "widgets/plots/run_marker.h"
#include "widgets/plots/theme_change.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr std::array kShown = {Metric::LearningRate,  Metric::GradientNorm, Metric::Throughput,
                               Metric::ProbeAccuracy, Metric::Skill,        Metric::FeatureRank};
constexpr int kCellWidthPx = 104;
constexpr int kCellHeightPx = 72;
constexpr int kWordsPx = 34;
constexpr int kGapPx = 12;
constexpr int kRoomForScalePx = 64;
constexpr double kSteepBeginning = 0.04;
constexpr std::size_t kFewPoints = 10;

bool isNoisy(Metric metric) { return metric == Metric::GradientNorm || metric == Metric::Throughput; }

QString explanation(Metric metric) {
    switch (metric) {
        case Metric::LearningRate:
            return SmallCurves::tr("How far a step moves the weights.");
        case Metric::GradientNorm:
            return SmallCurves::tr("Length of the gradient over all weights, before clipping. Jumps announce trouble.");
        case Metric::Throughput:
            return SmallCurves::tr("Training images a second.");
        case Metric::ProbeAccuracy:
            return SmallCurves::tr("Accuracy of a linear classifier on the frozen features.");
        case Metric::Skill:
            return SmallCurves::tr(
                "1 − error ÷ error of the best answer that looks at nothing, for pixels of the mean patch: 1 is perfect, 0 is that answer.");
        case Metric::FeatureRank:
            return SmallCurves::tr("How many directions the features use. A falling rank announces collapse.");
        default:
            return {};
    }
}

}  // namespace

SmallCurves::SmallCurves(QWidget* parent) : QWidget(parent) {
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Preferred);
    setAccessibleName(tr("Small curves"));
}

void SmallCurves::setCurves(RunCurves* curves) {
    curves_ = curves;
    redrawLines();
}

void SmallCurves::setCurrentRun(const QString& id) {
    currentId_ = id;
    redrawLines();
}

void SmallCurves::setTimeCursor(std::optional<double> step) {
    cursor_ = step;
    update();
}

void SmallCurves::setCrosshair(std::optional<double> step) {
    if (step != crosshair_) {
        crosshair_ = step;
        update();
    }
}

void SmallCurves::setSteps(double first, double last, bool logarithmic) {
    first_ = first;
    last_ = last;
    logSteps_ = logarithmic;
    redrawLines();
}

const RunCurves::Run* SmallCurves::currentRun() const { return curves_ ? curves_->visibleRun(currentId_) : nullptr; }

std::vector<Metric> SmallCurves::available() const {
    std::vector<Metric> metrics;
    for (const Metric metric : kShown) {
        const bool has = curves_ && std::any_of(curves_->runs().begin(), curves_->runs().end(),
                                                [metric](const RunCurves::Run& run) { return run.visible && !run.of(metric).empty(); });
        if (has) {
            metrics.push_back(metric);
        }
    }
    return metrics;
}

std::vector<QRectF> SmallCurves::cells(const QRectF& area) const {
    std::vector<QRectF> rects;
    const int wanted = static_cast<int>(available().size());
    if (wanted == 0) {
        return rects;
    }
    const double gap = scaled(kGapPx);
    const int fitting = std::max(1, static_cast<int>((area.width() + gap) / (scaled(kCellWidthPx) + gap)));
    const int rowsThatFit = std::max(1, static_cast<int>((area.height() + gap) / (scaled(kCellHeightPx) + gap)));
    const int rows = std::min(rowsThatFit, (wanted + fitting - 1) / fitting);
    const int columns = std::min(fitting, (wanted + rows - 1) / rows);
    const double width = (area.width() - gap * (columns - 1)) / columns;
    const double height = (area.height() - gap * (rows - 1)) / rows;
    for (int i = 0; i < std::min(wanted, rows * columns); ++i) {
        rects.emplace_back(area.left() + (i % columns) * (width + gap), area.top() + (i / columns) * (height + gap), width, height);
    }
    return rects;
}

std::vector<Metric> SmallCurves::shownMetrics() const {
    std::vector<Metric> metrics = available();
    metrics.resize(std::min(metrics.size(), cells(rect()).size()));
    return metrics;
}

QRectF SmallCurves::cellRect(int index) const { return cells(rect()).at(static_cast<std::size_t>(index)); }

double SmallCurves::xOf(double step, const QRectF& area) const {
    const double share = logSteps_ ? std::log(std::max(step, 1e-9) / first_) / std::log(last_ / first_) : (step - first_) / (last_ - first_);
    return area.left() + share * area.width();
}

void SmallCurves::paint(QPainter& painter, const QRectF& area) const {
    paintLines(painter, area);
    paintValues(painter, area);
}

/// What only new points, sizes and themes change.
void SmallCurves::paintLines(QPainter& painter, const QRectF& area) const {
    const RunCurves::Run* current = currentRun();
    const std::vector<Metric> metrics = available();
    const std::vector<QRectF> rects = cells(area);
    for (std::size_t i = 0; current != nullptr && i < rects.size(); ++i) {
        painter.setPen(theme().text2);
        painter.setFont(maskscope::font(TextStyle::Label));
        painter.drawText(QRectF(rects[i].left(), rects[i].top(), rects[i].width(), scaled(14)), Qt::AlignLeft | Qt::AlignVCenter,
                         metricName(metrics[i]));
        const auto [low, high] = valueRange(metrics[i], static_cast<int>(rects[i].width()));
        const QRectF lines = lineArea(rects[i]);
        if (lines.height() < rects[i].height() - scaled(kWordsPx) - 2) {
            paintScale(painter, metrics[i], lines, low, high);
        }
        painter.setPen(QPen(theme().grid, 1));
        painter.drawLine(QLineF(lines.left(), lines.bottom(), lines.right(), lines.bottom()));
        painter.save();
        painter.setClipRect(lines.adjusted(-1, -2, 1, 2));
        painter.setRenderHint(QPainter::Antialiasing);
        for (const bool strong : {false, true}) {
            for (const RunCurves::Run& run : curves_->runs()) {
                if (run.visible && (&run == current) == strong) {
                    paintLine(painter, lines, run, metrics[i], low, high, strong);
                }
            }
        }
        painter.restore();
    }
}

/// What moves with the cursors.
void SmallCurves::paintValues(QPainter& painter, const QRectF& area) const {
    const RunCurves::Run* current = currentRun();
    const std::vector<Metric> metrics = available();
    const std::vector<QRectF> rects = cells(area);
    for (std::size_t i = 0; current != nullptr && i < rects.size(); ++i) {
        const CurveSeries& series = current->of(metrics[i]);
        const auto value = series.empty() ? std::nullopt : series.valueAt(crosshair_.value_or(cursor_.value_or(series.lastStep())));
        painter.setPen(theme().text);
        painter.setFont(maskscope::font(TextStyle::MetricValue));
        painter.drawText(QRectF(rects[i].left(), rects[i].top() + scaled(14), rects[i].width(), scaled(19)), Qt::AlignLeft | Qt::AlignVCenter,
                         value ? metricText(metrics[i], value->value, current->kind) : QStringLiteral("—"));
        const QRectF lines = lineArea(rects[i]);
        const auto drawAt = [&](double step, const QPen& pen) {
            const double x = xOf(step, lines);
            if (x >= lines.left() - 1 && x <= lines.right() + 1) {
                painter.setPen(pen);
                painter.drawLine(QLineF(x, lines.top(), x, lines.bottom()));
            }
        };
        if (cursor_) {
            drawAt(*cursor_, QPen(theme().accent, 1.5 * scaled(1)));
        }
        if (crosshair_) {
            drawAt(*crosshair_, dashedPen(theme().text2, scaled(1), {3, 3}));
        }
    }
}

/// Below the words; where there is room, above the lower end of the scale.
QRectF SmallCurves::lineArea(const QRectF& cell) const {
    const QRectF area = cell.adjusted(0, scaled(kWordsPx), 0, -1);
    const bool showsScale = area.height() >= scaled(kRoomForScalePx);
    return showsScale ? area.adjusted(0, 0, 0, -QFontMetricsF(maskscope::font(TextStyle::Label)).height()) : area;
}

/// Low and high end over the visible runs; noisy beginnings do not count.
std::pair<double, double> SmallCurves::valueRange(Metric metric, int pixels) const {
    const bool startsNoisy = isNoisy(metric) && !logSteps_;
    const double leaveOut = startsNoisy ? first_ + kSteepBeginning * (last_ - first_) : first_;
    double low = metric == Metric::LearningRate || metric == Metric::Throughput ? 0.0 : HUGE_VAL;
    double high = -HUGE_VAL;
    for (const RunCurves::Run& run : curves_->runs()) {
        if (!run.visible) {
            continue;
        }
        const CurveSeries& series = run.of(metric);
        for (const CurvePoint& point : series.drawn(first_, last_, std::max(1, pixels), logSteps_)) {
            if (std::isfinite(point.value) && (point.step >= leaveOut || series.size() < kFewPoints)) {
                low = std::min(low, point.value);
                high = std::max(high, point.value);
            }
        }
    }
    if (high > low) {
        return {low, high};
    }
    const double middle = std::isfinite(high) ? high : 0.0;
    return {middle - 0.5, middle + 0.5};
}

/// The ends of the scale in figures.
void SmallCurves::paintScale(QPainter& painter, Metric metric, const QRectF& lines, double low, double high) const {
    painter.setFont(maskscope::font(TextStyle::Label));
    painter.setPen(theme().text2);
    const double height = QFontMetricsF(painter.font()).height();
    const auto end = [metric](double value) { return metric == Metric::ProbeAccuracy ? metricText(metric, value) : scaleEnd(value); };
    painter.drawText(QRectF(lines.left(), lines.top() - height, lines.width(), height), Qt::AlignRight, end(high));
    painter.drawText(QRectF(lines.left(), lines.bottom(), lines.width(), height), Qt::AlignRight, end(low));
    painter.setPen(QPen(theme().grid, 1));
    painter.drawLine(QLineF(lines.left(), lines.top(), lines.right(), lines.top()));
}

void SmallCurves::paintLine(QPainter& painter, const QRectF& area, const RunCurves::Run& run, Metric metric, double low, double high,
                            bool strong) const {
    const RunStyle& style = theme().runs.at(static_cast<std::size_t>(run.style));
    QPolygonF line;
    painter.setPen(strong ? QPen(style.color, (isNoisy(metric) ? 1.0 : 1.5) * scaled(1)) : runPen(style, scaled(1)));
    for (const CurvePoint& point : run.of(metric).drawn(first_, last_, static_cast<int>(area.width()), logSteps_)) {
        if (std::isfinite(point.value)) {
            line << QPointF(xOf(point.step, area), area.bottom() - (point.value - low) / (high - low) * area.height());
        } else {
            painter.drawPolyline(line);
            line.clear();
        }
    }
    painter.drawPolyline(line);
    if (line.size() == 1) {
        painter.setBrush(style.color);
        painter.drawEllipse(line.front(), 1.5 * scaled(1), 1.5 * scaled(1));
        painter.setBrush(Qt::NoBrush);
    }
}

std::optional<double> SmallCurves::stepAt(QPointF position) const {
    for (const QRectF& cell : cells(rect())) {
        if (cell.contains(position)) {
            const double share = (position.x() - cell.left()) / cell.width();
            const double step = logSteps_ ? first_ * std::pow(last_ / first_, share) : first_ + (last_ - first_) * share;
            const auto range = curves_->stepRange();
            return range ? std::clamp(std::round(step), 0.0, range->second) : std::round(step);
        }
    }
    return std::nullopt;
}

void SmallCurves::paintEvent(QPaintEvent*) {
    const qreal ratio = devicePixelRatioF();
    if (lines_.isNull() || lines_.size() != size() * ratio) {
        lines_ = QPixmap(size() * ratio);
        lines_.setDevicePixelRatio(ratio);
        lines_.fill(Qt::transparent);
        QPainter cache(&lines_);
        paintLines(cache, rect());
    }
    QPainter painter(this);
    painter.drawPixmap(0, 0, lines_);
    paintValues(painter, rect());
}

void SmallCurves::redrawLines() {
    lines_ = QPixmap();
    update();
}

void SmallCurves::mousePressEvent(QMouseEvent* event) {
    if (const auto step = stepAt(event->position()); step && event->button() == Qt::LeftButton) {
        Q_EMIT cursorMoved(*step);
    }
}

void SmallCurves::mouseMoveEvent(QMouseEvent* event) {
    const auto step = stepAt(event->position());
    if (step && event->buttons().testFlag(Qt::LeftButton)) {
        Q_EMIT cursorMoved(*step);
    }
    Q_EMIT crosshairMoved(step.value_or(qQNaN()));
}

void SmallCurves::leaveEvent(QEvent*) { Q_EMIT crosshairMoved(qQNaN()); }

bool SmallCurves::event(QEvent* event) {
    if (isThemeChange(event)) {
        redrawLines();
    }
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        const std::vector<QRectF> rects = cells(rect());
        const auto found = std::find_if(rects.begin(), rects.end(), [help](const QRectF& cell) { return cell.contains(help->pos()); });
        if (found != rects.end()) {
            const Metric metric = available()[static_cast<std::size_t>(found - rects.begin())];
            QToolTip::showText(help->globalPos(), metricName(metric) + QLatin1Char('\n') + explanation(metric), this);
            return true;
        }
    }
    return QWidget::event(event);
}

QSize SmallCurves::sizeHint() const { return {scaled(3 * kCellWidthPx + 2 * kGapPx), scaled(kCellHeightPx)}; }

QSize SmallCurves::minimumSizeHint() const { return {scaled(kCellWidthPx), scaled(kCellHeightPx)}; }

}  // namespace maskscope
