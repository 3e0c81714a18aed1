#include "training/run_description.h"

#include <fmt/format.h>
#include <torch/version.h>

#include "core/error.h"
#include "core/version.h"

namespace maskscope {
namespace {

const Value& need(const Value& table, const char* key, const std::string& file) {
    const Value* value = table.find(key);
    if (value == nullptr) throw DataError(fmt::format("{}: '{}' is missing; the run was not written by this program, or the file was edited", file, key));
    return *value;
}

}  // namespace

Value RunDescription::toValue() const {
    Value content(Value::Table{});
    content.set("scale", request.recipe.scale);
    content.set("seed", static_cast<std::int64_t>(request.seed));
    content.set("device", request.device);
    content.set("threads", findings.threads);
    content.set("used_device", findings.device);
    content.set("versions", Value(Value::Table{{"maskscope", programVersion()}, {"libtorch", TORCH_VERSION}}));
    Value data(Value::Table{{"path", request.data.string()},
                            {"validation", request.validation.string()},
                            {"fingerprint", findings.fingerprint},
                            {"validation_fingerprint", findings.validationFingerprint},
                            {"train_images", findings.trainImages},
                            {"validation_images", findings.validationImages}});
    content.set("data", std::move(data));
    content.set("recipe", request.recipe.root);
    return content;
}

RunDescription RunDescription::fromValue(const Value& content, const std::string& file) {
    RunDescription description;
    TrainingRequest& request = description.request;
    const Value& data = need(content, "data", file);
    request.recipe = storedRecipe(need(content, "recipe", file), need(content, "scale", file).asString(), {});
    request.seed = static_cast<std::uint64_t>(need(content, "seed", file).asInteger());
    request.device = need(content, "device", file).asString();
    request.data = need(data, "path", file).asString();
    request.validation = need(data, "validation", file).asString();
    RunFindings& findings = description.findings;
    findings.threads = static_cast<int>(need(content, "threads", file).asInteger());
    findings.device = need(content, "used_device", file).asString();
    findings.fingerprint = need(data, "fingerprint", file).asString();
    findings.validationFingerprint = need(data, "validation_fingerprint", file).asString();
    findings.trainImages = need(data, "train_images", file).asInteger();
    findings.validationImages = need(data, "validation_images", file).asInteger();
    return description;
}

}  // namespace maskscope
