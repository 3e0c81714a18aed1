#include "widgets/panels/time_split_strip.h"

#include <QFontMetrics>
#include <QPainter>
#include <algorithm>

#include "widgets/plots/numbers.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr double kLeastShare = 0.005;  // smaller parts are left out

}  // namespace

TimeSplitStrip::TimeSplitStrip(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setAccessibleName(tr("Where the time of training goes"));
    setSplit({}, 0.0);
}

void TimeSplitStrip::setSplit(const TimeSplit& split, double secondsPerStep) {
    parts_.clear();
    secondsPerStep_ = secondsPerStep;
    const std::pair<QString, double> named[] = {
        {tr("loader"), split.loader},    {tr("masks"), split.masks},       {tr("model"), split.compute}, {tr("optimiser"), split.optimizer},
        {tr("check"), split.validation}, {tr("pictures"), split.pictures}, {tr("saving"), split.saving}, {tr("watching"), split.observing},
    };
    constexpr int kStyles[] = {1, 7, 0, 5, 2, 3, 4, 6};
    QStringList lines;
    for (std::size_t i = 0; i < std::size(named); ++i) {
        const double share = split.total() > 0 ? named[i].second / split.total() : 0.0;
        if (share >= kLeastShare) parts_.push_back({named[i].first, share, kStyles[i]});
        if (share > 0) lines << tr("%1 %2").arg(named[i].first, percent(share, 1));
    }
    const QString text = lines.isEmpty() ? tr("Appears once training runs") : lines.join(QStringLiteral(", "));
    setAccessibleDescription(text);
    setToolTip(tr("Where the time of a step goes. loader: waiting for images; model: forward and backward; check: validation images; "
                  "watching: computed only because this window looks.\n%1")
                   .arg(lines.join(QLatin1Char('\n'))));
    update();
}

QSize TimeSplitStrip::sizeHint() const { return {scaled(330), scaled(42)}; }
QSize TimeSplitStrip::minimumSizeHint() const { return {scaled(150), scaled(42)}; }

void TimeSplitStrip::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const QFont small = maskscope::font(TextStyle::Label);
    painter.setFont(small);
    const QFontMetrics metrics(small);
    painter.setPen(theme().text2);
    const QRect heading(0, 0, width(), scaled(14));
    const QString value = secondsPerStep_ > 0 ? timeSpan(secondsPerStep_) : QStringLiteral("—");
    const QString title = metrics.horizontalAdvance(tr("Where the time goes, % of a step") + value) + scaled(12) < width()
                              ? tr("Where the time goes, % of a step")
                              : tr("Time of a step");
    painter.drawText(heading, Qt::AlignLeft | Qt::AlignVCenter, title);
    painter.setPen(theme().text);
    painter.setFont(maskscope::font(TextStyle::AreaTitle));
    painter.drawText(heading, Qt::AlignRight | Qt::AlignVCenter, value);

    const QRect bar(0, scaled(17), width(), scaled(6));
    painter.fillRect(bar, theme().well);
    qreal x = bar.left();
    for (const Part& part : parts_) {
        const qreal share = part.share * bar.width();
        painter.fillRect(QRectF(x, bar.top(), qMax(1.0, share - 1), bar.height()), theme().runs[static_cast<std::size_t>(part.style)].color);
        x += share;
    }
    paintLegend(painter, scaled(27));
}

void TimeSplitStrip::paintLegend(QPainter& painter, int top) const {
    painter.setFont(maskscope::font(TextStyle::Label));
    const QFontMetrics metrics(painter.font());
    std::vector<Part> greatest = parts_;
    std::stable_sort(greatest.begin(), greatest.end(), [](const Part& a, const Part& b) { return a.share > b.share; });
    int x = 0;
    const int side = scaled(7);
    for (const Part& part : greatest) {
        const QString text = part.name + QLatin1Char(' ') + QString::number(qRound(part.share * 100));
        const int needed = side + scaled(4) + metrics.horizontalAdvance(text);
        if (x + needed > width()) break;
        painter.fillRect(x, top + scaled(4), side, side, theme().runs[static_cast<std::size_t>(part.style)].color);
        painter.setPen(theme().text2);
        painter.drawText(QRect(x + side + scaled(4), top, width(), scaled(15)), Qt::AlignLeft | Qt::AlignVCenter, text);
        x += needed + scaled(9);
    }
}

}  // namespace maskscope
