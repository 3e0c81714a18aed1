#include "training/run_description.h"

#include <fmt/format.h>
#include <torch/version.h>

#include "core/error.h"
#include "core/version.h"

namespace maskscope {
namespace {

const Value& need(const Value& table, const char* key, const std::string& file) {
    const Value* value = table.find(key);
    if (value == nullptr)
        throw DataError(fmt::format("{}: '{}' is missing; the run was not written by this program, or the file was edited", file, key));
    return *value;
}

const std::string& needText(const Value& table, const char* key, const std::string& file) {
    const Value& value = need(table, key, file);
    if (!value.isString())
        throw DataError(fmt::format("{}: '{}' is {}, expected a text; the file was edited, restore it from a copy", file, key, value.describe()));
    return value.asString();
}

std::int64_t needInteger(const Value& table, const char* key, const std::string& file) {
    const Value& value = need(table, key, file);
    if (!value.isInteger())
        throw DataError(
            fmt::format("{}: '{}' is {}, expected a whole number; the file was edited, restore it from a copy", file, key, value.describe()));
    return value.asInteger();
}

/// As it is found from any folder, so that a run can be resumed from there.
std::string absolutePath(const std::filesystem::path& path) { return path.empty() ? std::string() : std::filesystem::absolute(path).string(); }

}  // namespace

Value RunDescription::toValue() const {
    Value content(Value::Table{});
    content.set("scale", request.recipe.scale);
    content.set("seed", static_cast<std::int64_t>(request.seed));
    content.set("device", request.device);
    content.set("threads", findings.threads);
    content.set("used_device", findings.device);
    content.set("versions", Value(Value::Table{{"maskscope", programVersion()}, {"libtorch", TORCH_VERSION}}));
    Value data(Value::Table{{"path", absolutePath(request.data)},
                            {"validation", absolutePath(request.validation)},
                            {"fingerprint", findings.fingerprint},
                            {"validation_fingerprint", findings.validationFingerprint},
                            {"train_images", findings.trainImages},
                            {"validation_images", findings.validationImages}});
    content.set("data", std::move(data));
    if (request.origin) content.set("origin", Value(Value::Table{{"run", absolutePath(request.origin->run)}, {"step", request.origin->step}}));
    content.set("recipe", request.recipe.root);
    return content;
}

RunDescription RunDescription::fromValue(const Value& content, const std::string& file) {
    RunDescription description;
    TrainingRequest& request = description.request;
    const Value& data = need(content, "data", file);
    request.recipe = storedRecipe(need(content, "recipe", file), needText(content, "scale", file), {});
    request.seed = static_cast<std::uint64_t>(needInteger(content, "seed", file));
    request.device = needText(content, "device", file);
    request.data = needText(data, "path", file);
    request.validation = needText(data, "validation", file);
    if (const Value* origin = content.find("origin")) request.origin = RunOrigin{needText(*origin, "run", file), needInteger(*origin, "step", file)};
    RunFindings& findings = description.findings;
    findings.threads = static_cast<int>(needInteger(content, "threads", file));
    findings.device = needText(content, "used_device", file);
    findings.fingerprint = needText(data, "fingerprint", file);
    findings.validationFingerprint = needText(data, "validation_fingerprint", file);
    findings.trainImages = needInteger(data, "train_images", file);
    findings.validationImages = needInteger(data, "validation_images", file);
    return description;
}

}  // namespace maskscope
