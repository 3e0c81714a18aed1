#include "widgets/plots/numbers.h"

#include <QLocale>
#include <algorithm>
#include <cmath>

namespace maskscope {
namespace {

constexpr int kSignificantDigits = 3;

/// The plain C locale groups no digits unless told to.
QLocale groupingLocale() {
    QLocale locale;
    locale.setNumberOptions(locale.numberOptions() & ~QLocale::OmitGroupSeparator);
    return locale;
}

QString withTrueMinus(QString text) {
    if (text.startsWith(QLatin1Char('-'))) {
        text[0] = QChar(u'\u2212');
    }
    return text;
}

QString fixed(double value, int decimals) {
    // -0.0004 with two decimals is 0.00, not minus 0.00
    const double unit = std::pow(10.0, -decimals);
    return withTrueMinus(groupingLocale().toString(std::abs(value) < 0.5 * unit ? 0.0 : value, 'f', decimals));
}

QString notFinite(double value) {
    if (std::isnan(value)) {
        return QStringLiteral("NaN");
    }
    return value > 0 ? QStringLiteral("∞") : QStringLiteral("−∞");
}

int exponentOf(double value) { return value == 0.0 ? 0 : static_cast<int>(std::floor(std::log10(std::abs(value)))); }

double roundedTo(double value, int digits) { return QString::number(value, 'e', digits - 1).toDouble(); }

QString withExponent(double value) {
    const double rounded = roundedTo(value, kSignificantDigits);
    const int exponent = exponentOf(rounded);
    return fixed(rounded / std::pow(10.0, exponent), kSignificantDigits - 1) + QLatin1Char('e') + QString::number(exponent);
}

QString withUnit(const QString& number, const QString& unit) { return number + QChar(kThinGap) + unit; }

/// The fewest decimals that show the value exactly, at most `most`.
int decimalsOf(double value, int most) {
    for (int decimals = 0; decimals < most; ++decimals) {
        const double shifted = value * std::pow(10.0, decimals);
        if (std::abs(shifted - std::round(shifted)) < 1e-6 * std::max(1.0, std::abs(shifted))) {
            return decimals;
        }
    }
    return most;
}

}  // namespace

QString significant(double value) {
    if (!std::isfinite(value)) {
        return notFinite(value);
    }
    const double rounded = roundedTo(value, kSignificantDigits);
    const double size = std::abs(rounded);
    if (size == 0.0) {
        return QStringLiteral("0");
    }
    if (size >= 1e12 || size < 1e-3) {
        return withExponent(value);
    }
    if (size >= 1e9) {
        return withUnit(significant(rounded / 1e9), QStringLiteral("G"));
    }
    if (size >= 1e6) {
        return withUnit(significant(rounded / 1e6), QStringLiteral("M"));
    }
    return fixed(rounded, std::max(0, kSignificantDigits - 1 - exponentOf(rounded)));
}

QString exact(qint64 count) { return withTrueMinus(groupingLocale().toString(count)); }

QString learningRateText(double value) {
    if (!std::isfinite(value)) {
        return notFinite(value);
    }
    return value == 0.0 ? QStringLiteral("0") : withExponent(value);
}

QString twoDecimals(double value) { return std::isfinite(value) ? fixed(value, 2) : notFinite(value); }

QString percent(double share, int decimals) {
    return std::isfinite(share) ? withUnit(fixed(100.0 * share, decimals), QStringLiteral("%")) : notFinite(share);
}

QString withError(double value, double error) {
    if (!std::isfinite(value) || !std::isfinite(error) || error <= 0.0) {
        return significant(value);
    }
    const double oneDigit = roundedTo(error, 1);
    const int exponent = exponentOf(oneDigit);
    const bool startsWithOne = std::lround(oneDigit / std::pow(10.0, exponent)) == 1;
    const int decimals = std::max(0, (startsWithOne ? 1 : 0) - exponent);
    return fixed(value, decimals) + QStringLiteral(" ± ") + fixed(error, decimals);
}

QString timeSpan(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0.0) {
        return QStringLiteral("—");
    }
    if (seconds < 0.9995) {
        const double milliseconds = 1e3 * seconds;
        return withUnit(fixed(milliseconds, milliseconds < 9.95 && seconds > 0.0 ? 1 : 0), QStringLiteral("ms"));
    }
    if (seconds < 9.95) {
        return withUnit(fixed(seconds, 1), QStringLiteral("s"));
    }
    const qint64 whole = std::llround(seconds);
    const auto pair = [](qint64 large, const char* largeUnit, qint64 small, const char* smallUnit) {
        return withUnit(exact(large), QLatin1String(largeUnit)) + QLatin1Char(' ') +
               withUnit(QStringLiteral("%1").arg(small, 2, 10, QLatin1Char('0')), QLatin1String(smallUnit));
    };
    if (whole < 60) {
        return withUnit(exact(whole), QStringLiteral("s"));
    }
    if (whole < 3600) {
        return pair(whole / 60, "min", whole % 60, "s");
    }
    if (whole < 24 * 3600) {
        return pair(whole / 3600, "h", whole % 3600 / 60, "min");
    }
    return pair(whole / (24 * 3600), "d", whole % (24 * 3600) / 3600, "h");
}

QString memoryText(double bytes) { return bytes < 1e8 ? fileSize(bytes) : withUnit(significant(bytes / 1e9), QStringLiteral("GB")); }

QString fileSize(double bytes) {
    if (bytes < 1e3) {
        return withUnit(exact(std::llround(bytes)), QStringLiteral("B"));
    }
    return bytes < 1e5 ? withUnit(significant(bytes / 1e3), QStringLiteral("kB")) : withUnit(significant(bytes / 1e6), QStringLiteral("MB"));
}

QString rateText(double rate, SampleKind kind) { return withUnit(significant(rate), rateUnit(kind)); }

QString tickText(double value, double spacing) {
    const double size = std::abs(value);
    if (size < 1e-9 * std::abs(spacing)) {
        return QStringLiteral("0");
    }
    if (size >= 1e6 && spacing >= 1e4) {
        return fixed(value / 1e6, decimalsOf(value / 1e6, 2)) + QLatin1Char('M');
    }
    if (size >= 1e3 && spacing >= 1e2) {
        return fixed(value / 1e3, decimalsOf(value / 1e3, 1)) + QLatin1Char('k');
    }
    if (size < 1e-3) {
        const int exponent = exponentOf(roundedTo(value, kSignificantDigits));
        const double mantissa = value / std::pow(10.0, exponent);
        return fixed(mantissa, decimalsOf(mantissa, 2)) + QLatin1Char('e') + QString::number(exponent);
    }
    return fixed(value, decimalsOf(spacing, 6));
}

QString scaleEnd(double value) {
    if (!std::isfinite(value)) {
        return notFinite(value);
    }
    const double rounded = roundedTo(value, kSignificantDigits);
    const double size = std::abs(rounded);
    if (size > 0.0 && (size < 1e-3 || size >= 1e6)) {
        return tickText(rounded, rounded);
    }
    return fixed(rounded, decimalsOf(rounded, 6));
}

}  // namespace maskscope
