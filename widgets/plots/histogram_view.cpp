#include "widgets/plots/histogram_view.h"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "widgets/plots/numbers.h"
#include "widgets/plots/theme_change.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kMostBins = 500;
constexpr int kTextRowPx = 15;
constexpr double kLeastBarPx = 1.5;  // a bin that holds something is seen

}  // namespace

HistogramView::HistogramView(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    setMouseTracking(true);
    describe();
}

void HistogramView::setTitle(const QString& title) {
    title_ = title;
    describe();
    updateGeometry();
    update();
}

void HistogramView::setValues(std::span<const float> values, int bins) {
    std::vector<double> finite;
    for (const float value : values) {
        if (std::isfinite(value)) {
            finite.push_back(static_cast<double>(value));
        }
    }
    const int leftOut = static_cast<int>(values.size() - finite.size());
    if (finite.empty()) {
        clear();
    } else {
        const auto [least, greatest] = std::minmax_element(finite.begin(), finite.end());
        const double low = *least;
        const double high = *greatest > low ? *greatest : low + std::max(1e-6, 1e-6 * std::abs(low));
        std::vector<double> counts(static_cast<std::size_t>(std::clamp(bins, 1, kMostBins)), 0.0);
        for (const double value : finite) {
            const auto bin = static_cast<std::size_t>((value - low) / (high - low) * static_cast<double>(counts.size()));
            counts[std::min(bin, counts.size() - 1)] += 1.0;
        }
        setCounts(std::move(counts), low, high);
    }
    leftOut_ = leftOut;
    describe();
}

void HistogramView::setCounts(std::vector<double> counts, double low, double high) {
    counts_ = std::move(counts);
    low_ = low;
    high_ = high;
    leftOut_ = 0;
    describe();
    update();
}

void HistogramView::setMarked(std::optional<double> value, const QString& name) {
    marked_ = value && std::isfinite(*value) ? value : std::nullopt;
    markedName_ = name;
    describe();
    update();
}

void HistogramView::setUnit(const QString& counted) { counted_ = counted; }

void HistogramView::clear() { setCounts({}, 0.0, 1.0); }

std::optional<int> HistogramView::binOf(double value) const {
    if (counts_.empty() || !(value >= low_) || !(value <= high_)) {
        return std::nullopt;
    }
    const int bins = static_cast<int>(counts_.size());
    return std::min(bins - 1, static_cast<int>((value - low_) / (high_ - low_) * bins));
}

QRectF HistogramView::plotArea() const { return QRectF(rect()).adjusted(0, title_.isEmpty() ? 0 : scaled(kTextRowPx + 2), 0, -scaled(kTextRowPx)); }

void HistogramView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const ThemeTokens& tokens = theme();
    painter.setFont(maskscope::font(TextStyle::Label));
    painter.setPen(tokens.text2);
    const QFontMetrics metrics(painter.font());
    painter.drawText(QRect(0, 0, width(), scaled(kTextRowPx)), Qt::AlignLeft | Qt::AlignVCenter, metrics.elidedText(title_, Qt::ElideRight, width()));
    const QRectF area = plotArea();
    if (counts_.empty()) {
        painter.drawText(area, Qt::AlignCenter, tr("no values"));
        return;
    }
    const double most = std::max(1e-12, *std::max_element(counts_.begin(), counts_.end()));
    const double pitch = area.width() / static_cast<double>(counts_.size());
    const std::optional<int> markedBin = marked_ ? binOf(*marked_) : std::nullopt;
    const double gap = pitch >= 4.0 ? 1.0 : 0.0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        if (counts_[i] > 0.0) {
            const double height = std::max(kLeastBarPx, counts_[i] / most * area.height());
            const QRectF bar(area.left() + static_cast<double>(i) * pitch, area.bottom() - height, pitch - gap, height);
            painter.fillRect(bar, markedBin == static_cast<int>(i) ? tokens.accent : tokens.text3);
        }
    }
    painter.setPen(QPen(tokens.border, 1));
    painter.drawLine(QLineF(area.left(), area.bottom() + 0.5, area.right(), area.bottom() + 0.5));

    const QRect words(0, height() - scaled(kTextRowPx), width(), scaled(kTextRowPx));
    painter.setPen(tokens.text2);
    painter.drawText(words, Qt::AlignLeft | Qt::AlignVCenter, scaleEnd(low_));
    painter.drawText(words, Qt::AlignRight | Qt::AlignVCenter, scaleEnd(high_));
    if (marked_) {
        const double x = area.left() + std::clamp((*marked_ - low_) / (high_ - low_), 0.0, 1.0) * area.width();
        painter.setPen(QPen(tokens.accent, 1.5 * scaled(1)));
        painter.drawLine(QLineF(x, area.top(), x, area.bottom()));
        painter.setPen(tokens.text);
        painter.drawText(words, Qt::AlignCenter, (markedName_.isEmpty() ? QString() : markedName_ + QLatin1Char(' ')) + significant(*marked_));
    }
}

std::optional<int> HistogramView::binAt(QPointF position) const {
    const QRectF area = plotArea();
    if (counts_.empty() || position.x() < area.left() || position.x() >= area.right() || position.y() < area.top() || position.y() > area.bottom()) {
        return std::nullopt;
    }
    return static_cast<int>((position.x() - area.left()) / area.width() * static_cast<double>(counts_.size()));
}

QString HistogramView::binText(int bin) const {
    const double width = (high_ - low_) / static_cast<double>(counts_.size());
    const double count = counts_[static_cast<std::size_t>(bin)];
    const QString number = count == std::round(count) ? exact(std::llround(count)) : significant(count);
    return tr("%1 to %2: %3 %4").arg(significant(low_ + bin * width), significant(low_ + (bin + 1) * width), number, counted_);
}

bool HistogramView::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        if (const auto bin = binAt(help->pos())) {
            QToolTip::showText(help->globalPos(), binText(*bin), this);
            return true;
        }
    }
    if (isThemeChange(event)) {
        updateGeometry();
    }
    return QWidget::event(event);
}

void HistogramView::mousePressEvent(QMouseEvent* event) {
    const auto bin = binAt(event->position());
    if (!bin || event->button() != Qt::LeftButton) {
        event->ignore();
        return;
    }
    const double width = (high_ - low_) / static_cast<double>(counts_.size());
    Q_EMIT binClicked(low_ + *bin * width, low_ + (*bin + 1) * width);
}

void HistogramView::describe() {
    setAccessibleName(title_.isEmpty() ? tr("Histogram") : title_);
    QString text = counts_.empty() ? tr("no values") : tr("from %1 to %2").arg(scaleEnd(low_), scaleEnd(high_));
    if (marked_ && !counts_.empty()) {
        text += QStringLiteral("; ") + markedName_ + QLatin1Char(' ') + significant(*marked_);
    }
    if (leftOut_ > 0) {
        text += QStringLiteral("; ") + tr("%1 without a value").arg(exact(leftOut_));
    }
    setAccessibleDescription(text);
    setToolTip(text);
}

QSize HistogramView::sizeHint() const { return {scaled(208), scaled(80)}; }

QSize HistogramView::minimumSizeHint() const { return {scaled(96), scaled(56)}; }

}  // namespace maskscope
