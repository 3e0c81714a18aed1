#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace maskscope {

/// The patch features of one image, turned into colours: the first three principal components over the patches, each stretched
/// to 0..1, shown as red, green and blue. Alike patches have alike colours; a colour alone means nothing.
struct FeatureRecord {
    std::int64_t step = 0;
    std::string network;                               // "encoder" or "decoder"
    std::int64_t layer = 0;                            // counted from 0
    std::int64_t rows = 0, columns = 0;                // the patch grid, N = rows * columns; words and nodes: one row
    std::int64_t width = 0;                            // D, of a feature vector
    std::vector<float> colors;                         // [N][3] in 0..1; NaN: the patch was not seen
    std::array<double, 3> explainedVariance{0, 0, 0};  // share of the variance over patches, 0..1 each
    double effectiveRank = 0.0;                        // 1..D: exp of the entropy of the singular values' shares (Roy & Vetterli 2007)

    bool empty() const { return colors.empty(); }
};

/// A data set as the encoder arranges it: one point an image, the first two principal components of the mean patch feature.
struct EmbeddingRecord {
    struct Point {
        float x = 0.0F, y = 0.0F;
        std::int64_t sample = 0;  // index in the data set
        int label = -1;           // index in `classes`; -1: none
    };
    std::int64_t step = 0;
    std::vector<Point> points;
    std::vector<std::string> classes;  // empty: the data have no labels
    std::array<double, 2> explainedVariance{0, 0};

    bool empty() const { return points.empty(); }
};

}  // namespace maskscope
