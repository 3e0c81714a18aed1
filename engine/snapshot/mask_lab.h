#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace maskscope {

/// What a mask laboratory wants drawn: for each strategy a mask for each ratio or each seed, and statistics over many draws.
struct MaskLabRequest {
    std::vector<std::string> strategies;
    std::vector<double> ratios;        // 0..1; the statistics are of the middle one
    std::vector<std::uint64_t> seeds;  // either this or `ratios` has one entry: the other one makes the rows
    std::int64_t draws = 1000;         // for probability and histograms

    bool operator==(const MaskLabRequest&) const = default;
};

/// Counts of a quantity in bins of equal width; the last bin also holds all that lies beyond it.
struct MaskHistogram {
    double low = 0.0, high = 1.0;  // edges of the first and last bin, patches
    std::vector<std::int64_t> counts;
    double mean = 0.0;
};

/// Strategies on one grid, as drawn. Masks: rows * columns of the grid, row-major, 1 = hidden.
struct MaskLabSheet {
    struct Strategy {
        std::string name;
        std::vector<std::vector<std::uint8_t>> masks;  // one a row of the sheet
        std::vector<float> hiddenProbability;          // a value a patch, 0..1, over `draws` masks
        MaskHistogram clusterSize;                     // hidden patches that touch along a side
        MaskHistogram visibleDistance;                 // from hidden patches to the nearest visible one
        double hiddenRatio = 0.0;                      // mean over the draws
        std::string problem;                           // why the strategy could not be drawn; empty: it was
    };
    std::int64_t gridRows = 0, gridColumns = 0;
    std::int64_t draws = 0;
    std::vector<std::string> rowNames;  // "60 %", "seed 7"
    std::vector<Strategy> strategies;
};

}  // namespace maskscope
