#pragma once

#include <vector>

namespace maskscope {

/// Redraws of curves of a million points, in milliseconds each: zooming, and points that come.
struct CurvesBench {
    std::vector<double> zoomMs, growthMs;
};
CurvesBench benchCurves(int redraws);

/// A table of a thousand runs, in milliseconds: filled, then sorted, searched and scrolled.
struct TableBench {
    double fillMs = 0.0;
    std::vector<double> sortMs, searchMs, scrollMs;
};
TableBench benchTable(int repeats);

}  // namespace maskscope
