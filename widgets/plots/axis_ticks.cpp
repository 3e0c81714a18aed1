#include "widgets/plots/axis_ticks.h"

#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

#include "widgets/plots/numbers.h"

namespace maskscope {
namespace {

class LinearTicks : public QCPAxisTicker {
public:
    explicit LinearTicks(bool whole) : whole_(whole) {}

protected:
    double getTickStep(const QCPRange& range) override {
        const double spacing = tickSpacing(range.size(), tickCount());
        return whole_ ? std::max(1.0, spacing) : spacing;
    }
    int getSubTickCount(double) override { return 0; }
    QString getTickLabel(double tick, const QLocale&, QChar, int) override { return tickText(tick, spacing_); }
    QVector<double> createTickVector(double spacing, const QCPRange& range) override {
        spacing_ = spacing;
        return QCPAxisTicker::createTickVector(spacing, range);
    }

private:
    bool whole_;
    double spacing_ = 1.0;
};

class LogTicks : public QCPAxisTicker {
protected:
    int getSubTickCount(double) override { return 0; }
    QString getTickLabel(double tick, const QLocale&, QChar, int) override { return tickText(tick, tick); }
    QVector<double> createTickVector(double, const QCPRange& range) override {
        QVector<double> ticks;
        if (range.lower <= 0.0 || range.upper <= range.lower) {
            return ticks;
        }
        const double decades = std::log10(range.upper / range.lower);
        const int lowest = static_cast<int>(std::floor(std::log10(range.lower)));
        const int highest = static_cast<int>(std::ceil(std::log10(range.upper)));
        const int every = std::max(1, static_cast<int>(std::ceil(decades / tickCount())));
        for (int exponent = lowest; exponent <= highest; exponent += every) {
            for (const int factor : {1, 2, 5}) {
                if (factor == 1 || 3.0 * decades < tickCount() + 1) {
                    ticks << factor * std::pow(10.0, exponent);
                }
            }
        }
        return ticks;
    }
};

}  // namespace

double tickSpacing(double span, int count) {
    if (!(span > 0.0) || !std::isfinite(span)) {
        return 1.0;
    }
    const double raw = span / std::max(1, count);
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (raw <= factor * power * (1.0 + 1e-9)) {
            return factor * power;
        }
    }
    return 10.0 * power;
}

double axisEnd(double value, int count) {
    const double spacing = tickSpacing(value, count);
    return spacing * std::max(1.0, std::ceil(value / spacing - 1e-9));
}

QSharedPointer<QCPAxisTicker> linearTicks(bool whole) { return QSharedPointer<LinearTicks>::create(whole); }

QSharedPointer<QCPAxisTicker> logTicks() { return QSharedPointer<LogTicks>::create(); }

}  // namespace maskscope
