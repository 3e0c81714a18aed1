#include "training/run_history.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "core/error.h"
#include "core/toml.h"
#include "recipes/method_spec.h"
#include "training/metrics_log.h"
#include "training/run_description.h"
#include "training/run_directory.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

/// A column of metrics.csv; every cell is empty where an older file has no such column.
class Column {
public:
    Column(const MetricsTable& table, std::string_view name) : table_(table) {
        const auto place = std::find(table.columns.begin(), table.columns.end(), name);
        index_ = static_cast<std::size_t>(place - table.columns.begin());
    }
    MetricsCell cell(std::size_t row) const { return index_ < table_.columns.size() ? table_.rows[row][index_] : std::nullopt; }
    double value(std::size_t row) const { return cell(row).value_or(std::numeric_limits<double>::quiet_NaN()); }

private:
    const MetricsTable& table_;
    std::size_t index_;
};

double needNumber(const Value& table, const char* key, const fs::path& file) {
    const Value* value = table.find(key);
    if (value == nullptr || !value->isNumber())
        throw DataError(fmt::format("{}: '{}' is {}, expected a number; remove the file, it is written anew when the run goes on", file.string(), key,
                                    value == nullptr ? "missing" : value->describe()));
    return value->asNumber();
}

std::optional<BaselineRecord> readBaselines(const fs::path& file) {
    std::error_code code;
    if (!fs::exists(file, code)) return std::nullopt;
    const Value content = readToml(file);
    return BaselineRecord{needNumber(content, "mean_patch", file), needNumber(content, "nearest_visible", file),
                          needNumber(content, "inpaint", file)};
}

std::vector<ObjectiveSpec> objectivesOf(const RunDirectory& run) {
    const auto description = RunDescription::fromValue(run.content(), run.runFile().string());
    return expandRecipe(description.request.recipe.root).objectives;
}

/// What metrics.csv tells of the objectives: the loss and the trivial answer of the first.
/// @param first  its cell; older files do not have it, but then the objective of a recipe with one alone tells
std::vector<ObjectiveRecord> recordsOf(const std::vector<ObjectiveSpec>& objectives, MetricsCell first, double objective, MetricsCell trivial) {
    std::vector<ObjectiveRecord> records;
    for (const ObjectiveSpec& spec : objectives) records.push_back({.name = spec.name, .loss = std::numeric_limits<double>::quiet_NaN()});
    if (!first && objectives.size() == 1 && objectives.front().weight != 0.0) first = objective / objectives.front().weight;
    if (first) records.front() = {objectives.front().name, *first, trivial};
    return records;
}

}  // namespace

RunHistory readRunHistory(const RunDirectory& run) {
    const auto baselines = readBaselines(run.baselinesFile());
    const std::vector<ObjectiveSpec> objectives = objectivesOf(run);
    const MetricsTable table = MetricsLog::read(run.metricsFile());
    const Column step(table, "step"), loss(table, "loss"), lr(table, "lr"), norm(table, "grad_norm"), seconds(table, "seconds"),
        rate(table, "images_per_second"), pixels(table, "val_loss"), objective(table, "val_objective"), skill(table, "skill"),
        trivial(table, "val_trivial"), first(table, "val_first");
    RunHistory history;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const auto at = static_cast<std::int64_t>(step.value(row));
        history.steps.push_back({at, loss.value(row), lr.value(row), norm.value(row), seconds.value(row), rate.value(row)});
        if (!objective.cell(row)) continue;
        ValidationRecord record{.step = at, .objective = objective.value(row)};
        record.pixelLoss = pixels.cell(row);
        record.skill = skill.cell(row);
        record.objectives = recordsOf(objectives, first.cell(row), record.objective, trivial.cell(row));
        if (baselines)
            record.baselines = *baselines;
        else if (record.pixelLoss && record.skill && *record.skill < 1.0)
            record.baselines.meanPatch = *record.pixelLoss / (1.0 - *record.skill);
        history.validations.push_back(std::move(record));
    }
    return history;
}

}  // namespace maskscope
