#pragma once

#include <QString>
#include <optional>

#include "widgets/plots/run_curves.h"

namespace maskscope {

/// What the newest validation of a run says in comparison with predictors that learn nothing.
struct SkillSummary {
    double skill = 0.0;  // 1 - error / error of the mean patch, or of the best blind answer where no pixels are predicted; 1 is perfect
    double step = 0.0;
    QString sentence;       // "Beats smooth inpainting by 41 %"
    QString details;        // "Pixel error 0.421, step 18,400"
    QString help;           // how skill is counted
    bool beatsAll = false;  // below all reference lines
};

/// None before the first validation with baselines. @param step  as of this step; none: the newest
std::optional<SkillSummary> skillSummary(const RunCurves::Run& run, std::optional<double> step = {});

/// How an error stands against the strongest predictor that it beats: "Beats smooth inpainting by 41 %".
QString comparisonSentence(double pixelError, const BaselineRecord& baselines);

}  // namespace maskscope
