#include "training/fork.h"

#include <functional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json.h"
#include "core/text.h"
#include "recipes/recipe.h"
#include "training/checkpoint_files.h"
#include "training/checkpoint_store.h"
#include "training/live_settings.h"
#include "training/run_description.h"
#include "training/run_directory.h"

namespace maskscope {
namespace {

using Visit = std::function<void(const std::string& key, const Value& value)>;

/// Calls `visit` for every value that is no table, by its dotted path.
void forEachSetting(const Value& value, const std::string& path, const Visit& visit) {
    const auto inner = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
    if (value.isTable()) {
        for (const auto& [key, member] : value.asTable()) forEachSetting(member, inner(key), visit);
    } else if (value.isArray() && !value.asArray().empty() && value.asArray().front().isTable()) {
        for (std::size_t i = 0; i < value.asArray().size(); ++i) forEachSetting(value.asArray()[i], inner(std::to_string(i)), visit);
    } else {
        visit(path, value);
    }
}

using SettingList = std::vector<std::pair<std::string, Value>>;

SettingList settingsOf(const Value& root) {
    SettingList settings;
    forEachSetting(root, "", [&](const std::string& key, const Value& value) { settings.emplace_back(key, value); });
    return settings;
}

const Value* find(const SettingList& settings, const std::string& key) {
    for (const auto& [name, value] : settings)
        if (name == key) return &value;
    return nullptr;
}

std::string textOf(const Value* value) { return value != nullptr ? toJson(*value).dump() : "none"; }

void requireCheckpoint(const CheckpointStore& store, const std::filesystem::path& run, std::int64_t step) {
    std::vector<std::string> steps;
    for (const CheckpointInfo& info : store.list()) {
        if (info.step == step && !info.isComplete()) throw DataError(info.problem);
        if (info.step == step) return;
        if (info.isComplete()) steps.push_back(std::to_string(info.step));
    }
    throw UsageError(fmt::format("{}: there is no checkpoint of step {}; there are {}", run.string(), step, join(steps)));
}

}  // namespace

TrainingRequest forkRequest(const std::filesystem::path& run, std::int64_t step, const std::vector<std::string>& settings) {
    const RunDirectory directory = RunDirectory::open(run);
    const CheckpointStore store(directory.checkpointsFolder(), CheckpointStore::Access::Read);
    requireCheckpoint(store, run, step);
    TrainingRequest request = RunDescription::fromValue(directory.content(), directory.runFile().string()).request;
    for (const LiveChange& change : liveChangesFromJson(readCheckpointState(store.folderOf(step), step).at("state")))
        applyLive(request.recipe.root, change);
    applySettings(request.recipe.root, settings);
    request.origin = RunOrigin{std::filesystem::absolute(run), step};
    return request;
}

std::vector<std::string> differingSettings(const Value& a, const Value& b) {
    const auto first = settingsOf(a), second = settingsOf(b);
    std::vector<std::string> lines;
    const auto add = [&](const std::string& key) {
        const Value *left = find(first, key), *right = find(second, key);
        if (left == nullptr || right == nullptr || !(*left == *right)) lines.push_back(fmt::format("{}: {} | {}", key, textOf(left), textOf(right)));
    };
    for (const auto& item : first) add(item.first);
    for (const auto& item : second)
        if (find(first, item.first) == nullptr) add(item.first);
    return lines;
}

}  // namespace maskscope
