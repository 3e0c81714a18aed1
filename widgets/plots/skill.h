#pragma once

#include <QString>
#include <optional>

#include "widgets/plots/run_curves.h"

namespace maskscope {

/// What the newest validation of a run says in comparison with predictors that learn nothing.
struct SkillSummary {
    double skill = 0.0;  // 1 - pixel error / mean patch error: 1 perfect, 0 as good as the mean patch
    double step = 0.0;
    QString sentence;       // "Beats smooth inpainting by 41 %"
    QString details;        // "Pixel error 0.421 on hidden patches at step 18,400"
    bool beatsAll = false;  // below all three reference lines
};

/// None before the first validation with baselines. @param step  as of this step; none: the newest
std::optional<SkillSummary> skillSummary(const RunCurves::Run& run, std::optional<double> step = {});

/// How an error stands against the strongest predictor that it beats: "Beats smooth inpainting by 41 %".
QString comparisonSentence(double pixelError, const BaselineRecord& baselines);

}  // namespace maskscope
