#include "widgets/plots/skill.h"

#include <QCoreApplication>
#include <algorithm>
#include <array>

#include "widgets/plots/numbers.h"

namespace maskscope {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("maskscope::Skill", text); }

struct Opponent {
    double error;
    QString name;
};

/// Those without learning, the strongest first.
std::array<Opponent, 3> opponents(const BaselineRecord& baselines) {
    std::array<Opponent, 3> all = {{{baselines.inpaint, tr("smooth inpainting")},
                                    {baselines.nearestVisible, tr("the nearest visible patch")},
                                    {baselines.meanPatch, tr("the mean patch")}}};
    std::stable_sort(all.begin(), all.end(), [](const Opponent& a, const Opponent& b) { return a.error < b.error; });
    return all;
}

/// Where no pixels are predicted: against the best answer that looks at nothing.
std::optional<SkillSummary> blindSkill(const RunCurves::Run& run, std::optional<double> step) {
    const CurveSeries& skills = run.of(Metric::Skill);
    if (skills.empty()) {
        return std::nullopt;
    }
    const auto newest = skills.valueAt(step.value_or(skills.lastStep()));
    if (!newest) {
        return std::nullopt;
    }
    SkillSummary summary;
    summary.skill = newest->value;
    summary.step = newest->step;
    summary.beatsAll = newest->value > 0.0;
    summary.sentence =
        summary.beatsAll ? tr("Beats the best blind answer by %1").arg(percent(summary.skill)) : tr("Not yet better than the best blind answer");
    const QString place = exact(static_cast<qint64>(newest->step));
    const auto loss = run.of(Metric::ValidationObjective).valueAt(newest->step);
    summary.details = run.skillOf.isEmpty() && loss ? tr("Loss %1, step %2").arg(significant(loss->value), place)
                                                    : tr("Objective '%1', step %2").arg(run.skillOf, place);
    summary.help =
        tr("Skill is 1 − loss ÷ loss of the best answer that looks at nothing (for words their frequencies, for numbers their mean): "
           "1 is perfect, 0 is a guess with closed eyes. Of several objectives the first one counts.");
    return summary;
}

}  // namespace

QString comparisonSentence(double pixelError, const BaselineRecord& baselines) {
    const auto all = opponents(baselines);
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!(pixelError < all[i].error)) {
            continue;
        }
        const QString margin = percent(1.0 - pixelError / all[i].error);
        return i == 0 ? tr("Beats %1 by %2").arg(all[i].name, margin) : tr("Beats %1 by %2, not yet %3").arg(all[i].name, margin, all[i - 1].name);
    }
    return tr("Not yet better than %1").arg(all.back().name);
}

std::optional<SkillSummary> skillSummary(const RunCurves::Run& run, std::optional<double> step) {
    const CurveSeries& pixels = run.of(Metric::ValidationPixels);
    if (pixels.empty()) {
        return blindSkill(run, step);
    }
    if (!run.baselines) {
        return std::nullopt;
    }
    const auto newest = pixels.valueAt(step.value_or(pixels.lastStep()));
    if (!newest) {
        return std::nullopt;
    }
    SkillSummary summary;
    summary.skill = 1.0 - newest->value / run.baselines->meanPatch;
    summary.step = newest->step;
    summary.sentence = comparisonSentence(newest->value, *run.baselines);
    summary.details = tr("Pixel error %1, step %2").arg(significant(newest->value), exact(static_cast<qint64>(newest->step)));
    summary.beatsAll = newest->value < opponents(*run.baselines).front().error;
    summary.help =
        tr("Skill is 1 − pixel error ÷ error of the mean patch, on the hidden patches of the validation images: "
           "1 is perfect, 0 is no better than filling in the mean colour.");
    return summary;
}

}  // namespace maskscope
