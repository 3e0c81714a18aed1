#include "analysis/doctor.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>

namespace maskscope {
namespace {

using Kind = HealthFinding::Kind;

constexpr std::size_t kFewestSteps = 20;  // before nothing can be said
constexpr std::size_t kRecentParts = 20;  // "recent" is a twentieth of the steps at hand

double medianOf(std::vector<double> values) {
    if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

template <typename Field>
std::vector<double> column(std::span<const StepRecord> steps, Field field) {
    std::vector<double> values;
    for (const StepRecord& step : steps)
        if (std::isfinite(step.*field)) values.push_back(step.*field);
    return values;
}

/// Median loss of each of the parts into which the steps fall, and where a part ends.
struct Part {
    std::int64_t lastStep;
    double loss;
};

std::vector<Part> partsOf(std::span<const StepRecord> steps) {
    const std::size_t size = std::max<std::size_t>(5, steps.size() / kRecentParts);
    std::vector<Part> parts;
    for (std::size_t end = steps.size(); end >= size; end -= size)
        parts.push_back({steps[end - 1].step, medianOf(column(steps.subspan(end - size, size), &StepRecord::loss))});
    std::reverse(parts.begin(), parts.end());
    return parts;
}

/// What a held-out loss is measured against.
struct ReferenceLine {
    bool known = false;
    double loss = 0.0, reference = 0.0;
    std::string name;
    std::optional<double> inpaint;
};

ReferenceLine referenceLine(const ValidationRecord& validation) {
    if (validation.pixelLoss && validation.baselines.meanPatch > 0.0) {
        const double inpaint = validation.baselines.inpaint;
        return {true, *validation.pixelLoss, validation.baselines.meanPatch, "their mean colour",
                inpaint > 0.0 ? std::optional(inpaint) : std::nullopt};
    }
    for (const ObjectiveRecord& objective : validation.objectives)
        if (objective.trivial && *objective.trivial > 0.0) return {true, objective.loss, *objective.trivial, "the best blind answer", std::nullopt};
    return {};
}

class Examination {
public:
    explicit Examination(const HealthInput& input) : in_(input) { record_.step = in_.steps.empty() ? 0 : in_.steps.back().step; }

    HealthRecord run() {
        if (!failed()) {
            if (in_.steps.size() < kFewestSteps || static_cast<double>(stageStep()) < in_.warmupSteps) {
                tooEarly();
            } else {
                examineLoss();
                examineSpread();
                examineProgress();
                examineGradients();
                examineHeldOut();
                if (record_.verdict == Verdict::TooEarly) judge(Verdict::Learning, "");
            }
        }
        if (record_.sentence.empty()) record_.sentence = summary();
        return std::move(record_);
    }

private:
    void add(Kind kind, std::string sentence, std::vector<Evidence> evidence) {
        record_.findings.push_back({kind, std::move(sentence), std::move(evidence)});
    }

    /// Keeps the graver verdict.
    void judge(Verdict verdict, const std::string& sentence) {
        if (verdict <= record_.verdict && record_.verdict != Verdict::TooEarly) return;
        record_.verdict = verdict;
        record_.sentence = sentence;
    }

    /// The newest checkpoint at or before a step.
    std::optional<std::int64_t> checkpointUpTo(std::int64_t step) const {
        std::optional<std::int64_t> found;
        for (const std::int64_t checkpoint : in_.checkpoints)
            if (checkpoint <= step) found = checkpoint;
        return found;
    }

    bool failed() {
        const auto broken = std::find_if(in_.steps.begin(), in_.steps.end(), [](const StepRecord& step) { return !std::isfinite(step.loss); });
        if (in_.failure.empty() && broken == in_.steps.end()) return false;
        judge(Verdict::Diverged, in_.failure.empty() ? fmt::format("Diverged: the loss is not finite since step {}.", broken->step)
                                                     : fmt::format("Training ended: {}.", in_.failure));
        add(Kind::Trouble, in_.failure.empty() ? "The loss is no longer a number." : in_.failure,
            {{"Loss", in_.steps.empty() ? std::nan("") : in_.steps.back().loss, "", std::nullopt}});
        record_.suggestedStep = checkpointUpTo(broken == in_.steps.end() ? record_.step : broken->step - 1);
        return true;
    }

    void tooEarly() {
        record_.sentence = static_cast<double>(stageStep()) < in_.warmupSteps
                               ? fmt::format("Too early to say: the learning rate still rises, up to step {:.0f}.",
                                             in_.warmupSteps + static_cast<double>(in_.stageBegin))
                               : fmt::format("Too early to say: {} steps so far.", in_.steps.size());
        add(Kind::Notice, "Curves mean something after the warm-up.", {});
    }

    void examineLoss() {
        const std::vector<Part> parts = partsOf(in_.steps);
        if (parts.size() < 2) return;
        const auto best = std::min_element(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.loss < b.loss; });
        const double now = parts.back().loss;
        if (now <= kDivergedFactor * best->loss) {
            add(Kind::Good, now <= 1.02 * best->loss ? "The training loss is at its best." : "The training loss is close to its best.",
                {{"Recent loss", now, "", best->loss}});
            return;
        }
        judge(Verdict::Diverged, fmt::format("Diverging: the loss is {:.1f} times its best.", now / best->loss));
        add(Kind::Trouble, fmt::format("The training loss has left its course after step {}.", best->lastStep),
            {{"Recent loss", now, "", best->loss}});
        record_.suggestedStep = checkpointUpTo(best->lastStep);
    }

    void examineSpread() {
        if (in_.spreads.empty()) return;
        const FeatureSpread &first = in_.spreads.front(), &last = in_.spreads.back();
        const std::vector<Evidence> evidence{{"Feature deviation", last.deviation, "", first.deviation},
                                             {"Feature rank", last.imageRank, fmt::format("of {}", mostRank(last)), first.imageRank}};
        if (!std::isfinite(last.deviation) || !std::isfinite(last.imageRank)) return featuresAreNoNumbers(evidence);
        const bool alike = isAlike(last, first), flat = isFlat(last, first);
        if (!alike && !flat) {
            add(Kind::Good, "The features of different samples differ.", evidence);
            return;
        }
        judge(Verdict::Collapsing,
              fmt::format("Collapsing: {}, rank {:.1f} of {}.", alike ? "the features of all samples grow alike" : "the features use few directions",
                          last.imageRank, mostRank(last)));
        add(Kind::Trouble, alike ? "The features of all samples grow alike." : "The features use ever fewer directions.", evidence);
        for (const FeatureSpread& spread : in_.spreads)
            if (!isAlike(spread, first) && !isFlat(spread, first)) record_.suggestedStep = checkpointUpTo(spread.step);
    }

    void featuresAreNoNumbers(const std::vector<Evidence>& evidence) {
        judge(Verdict::Diverged, "Diverged: the features are no longer numbers.");
        add(Kind::Trouble, "The features are no longer numbers.", evidence);
        for (const FeatureSpread& spread : in_.spreads)
            if (std::isfinite(spread.deviation) && std::isfinite(spread.imageRank)) record_.suggestedStep = checkpointUpTo(spread.step);
    }

    static bool isAlike(const FeatureSpread& spread, const FeatureSpread& first) {
        return spread.deviation < kCollapsedShare * first.deviation || (spread.deviation < kCollapsedDeviation && spread.deviation < first.deviation);
    }
    static bool isFlat(const FeatureSpread& spread, const FeatureSpread& first) { return spread.imageRank < kCollapsedShare * first.imageRank; }

    static std::int64_t mostRank(const FeatureSpread& spread) { return std::min(spread.images - 1, spread.width); }

    std::int64_t stageStep() const { return record_.step - in_.stageBegin; }
    double progress() const { return in_.scheduleSteps > 0 ? static_cast<double>(stageStep()) / static_cast<double>(in_.scheduleSteps) : 0.0; }

    void examineProgress() {
        const ReferenceLine line = in_.validations.empty() ? ReferenceLine{} : referenceLine(in_.validations.back());
        if (line.known) return examineSkill(line);
        const std::vector<Part> parts = partsOf(in_.steps);
        if (parts.size() < 10 || progress() < kPatience) return;
        const double start = parts[parts.size() / 10].loss, fall = 1.0 - parts.back().loss / start;
        const std::vector<Evidence> evidence{{"Fall of the loss", 100.0 * fall, "%", std::nullopt}};
        if (fall >= kLeastFall) return add(Kind::Good, "The loss has fallen since the start.", evidence);
        judge(Verdict::Stalled, "Stalled: the loss does not fall.");
        add(Kind::Trouble, "The loss is where it was at the start.", evidence);
    }

    void examineSkill(const ReferenceLine& line) {
        const double skill = 1.0 - line.loss / line.reference;
        std::vector<Evidence> evidence{{"Skill", skill, "", std::nullopt}, {"Held-out loss", line.loss, "", line.reference}};
        if (line.inpaint) evidence.push_back({"Smooth inpainting", *line.inpaint, "", std::nullopt});
        if (skill < kLeastSkill && progress() >= kPatience) {
            judge(Verdict::Stalled, fmt::format("Stalled: hidden parts are guessed no better than by {} (skill {:.2f}).", line.name, skill));
            return add(Kind::Trouble, fmt::format("Hidden parts are guessed no better than by {}.", line.name), evidence);
        }
        if (skill < kLeastSkill) return add(Kind::Notice, fmt::format("Hidden parts are still guessed no better than by {}.", line.name), evidence);
        const bool beatsInpainting = line.inpaint && line.loss < *line.inpaint;
        add(Kind::Good,
            beatsInpainting
                ? std::string("Hidden parts are guessed better than by smooth inpainting.")
                : fmt::format("Hidden parts are guessed better than by {}{}.", line.name, line.inpaint ? ", not yet than by smooth inpainting" : ""),
            evidence);
    }

    void examineGradients() {
        const std::vector<double> norms = column(in_.steps, &StepRecord::gradientNorm);
        if (norms.empty()) return;
        const std::size_t recent = std::min(norms.size(), std::max<std::size_t>(5, norms.size() / kRecentParts));
        const double median = medianOf(norms), highest = *std::max_element(norms.end() - static_cast<std::ptrdiff_t>(recent), norms.end());
        const std::vector<Evidence> evidence{{"Gradient norm", highest, "", median}};
        if (median == 0.0)
            add(Kind::Trouble, "No gradient reaches the parameters.", evidence);
        else if (highest > kSpikeFactor * median)
            add(Kind::Notice, "Single gradients are far above their usual size; train.clip limits them.", evidence);
        else
            add(Kind::Good, "Gradients keep their usual size.", evidence);
    }

    void examineHeldOut() {
        if (in_.validations.size() < 3) return;
        const auto best = std::min_element(in_.validations.begin(), in_.validations.end(),
                                           [](const ValidationRecord& a, const ValidationRecord& b) { return a.objective < b.objective; });
        const double now = in_.validations.back().objective;
        if (now <= (1.0 + kOverfitShare) * best->objective) return;
        add(Kind::Notice, fmt::format("The held-out loss was best at step {}; since then the model learns its training data by heart.", best->step),
            {{"Held-out loss", now, "", best->objective}});
        if (!record_.suggestedStep) record_.suggestedStep = checkpointUpTo(best->step);
    }

    std::string summary() const {
        std::string text = "Learning";
        const ReferenceLine line = in_.validations.empty() ? ReferenceLine{} : referenceLine(in_.validations.back());
        if (line.known) {
            const double share = 100.0 * (1.0 - line.loss / line.inpaint.value_or(line.reference));
            text += fmt::format(": loss {:.0f} % {} {}", std::abs(share), share >= 0.0 ? "under" : "above",
                                line.inpaint ? "smooth inpainting" : "that of " + line.name);
        } else {
            text += fmt::format(": loss {:.4g}", in_.steps.back().loss);
        }
        if (!in_.spreads.empty()) text += fmt::format(", rank {:.0f} of {}", in_.spreads.back().imageRank, mostRank(in_.spreads.back()));
        return text + ".";
    }

    const HealthInput& in_;
    HealthRecord record_;
};

}  // namespace

HealthRecord examineRun(const HealthInput& input) {
    const auto present = [&](auto records) {
        const auto first = std::find_if(records.begin(), records.end(), [&](const auto& record) { return record.step > input.stageBegin; });
        return records.subspan(static_cast<std::size_t>(first - records.begin()));
    };
    HealthInput stage = input;
    stage.steps = present(input.steps);
    stage.validations = present(input.validations);
    return Examination(stage).run();
}

}  // namespace maskscope
