#pragma once

#include <QString>

#include "widgets/plots/sample_kind.h"

namespace maskscope {

/// Numbers as people read them: three significant digits, thousands separated as the locale does it (QLocale()), units after a
/// thin gap. NaN reads "NaN", infinities "∞" and "−∞"; negative numbers carry a true minus.

/// The narrow, non-breaking gap between a number and its unit.
inline constexpr char16_t kThinGap = u'\u202F';

/// 0.421, 1.00, 31.2, 3,300, 6.32 M, 1.20e-5.
QString significant(double value);
/// A whole number with every digit: 18,400.
QString exact(qint64 count);
/// Always with an exponent: 4.90e-4; "0" for zero.
QString learningRateText(double value);
/// Similarities and probabilities: 0.94.
QString twoDecimals(double value);
/// @param share  0.41 is 41 %; may be negative or above 1
/// @param decimals  0 or 1
QString percent(double share, int decimals = 0);
/// "0.421 ± 0.006": both with the decimals that show one digit of the error (two where that digit is a 1).
QString withError(double value, double error);
/// "31 ms", "4.2 s", "14 s", "13 min 27 s", "2 h 05 min", "3 d 04 h"; "—" for a negative or unknown span.
QString timeSpan(double seconds);
/// Memory in units of 1e9 bytes: "2.31 GB"; files in units of 1e6: "25.4 MB".
QString memoryText(double bytes);
QString fileSize(double bytes);
/// "3,300 img/s".
QString rateText(double rate, SampleKind kind = SampleKind::Image);

/// The text of one tick: as short as exact between ticks `spacing` apart: "0.6", "12k", "1.5M".
QString tickText(double value, double spacing);
/// A scale end: as short as exact: "0", "0.5", "0.11".
QString scaleEnd(double value);

}  // namespace maskscope
