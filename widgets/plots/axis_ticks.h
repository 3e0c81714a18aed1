#pragma once

#include <QSharedPointer>

class QCPAxisTicker;

namespace maskscope {

/// A distance of 1, 2 or 5 times a power of ten that divides `span` into about `count` parts.
double tickSpacing(double span, int count);
/// The end of an axis that holds `value`: the next multiple of that spacing, so that it grows in few steps.
double axisEnd(double value, int count);

/// Ticks at multiples of 1, 2 or 5 with texts as short as exact ("12k"); whole numbers only where `whole`.
QSharedPointer<QCPAxisTicker> linearTicks(bool whole);
/// Ticks at powers of ten, or at 1, 2 and 5 times them where few powers are in sight.
QSharedPointer<QCPAxisTicker> logTicks();

}  // namespace maskscope
