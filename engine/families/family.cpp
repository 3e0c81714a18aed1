#include "families/family.h"

#include <algorithm>
#include <new>
#include <stdexcept>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "core/text.h"
#include "families/recognised_weights.h"
#include "interop/cut_files.h"
#include "layers/without_first_values.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

std::string inputNames(const NamedTensors& tensors) {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : tensors) names.push_back(name);
    return names.empty() ? "none" : join(names);
}

const Family& familyOf(ModelConfig& config) {
    const bool timm = !config.has("model_type") && config.has("architecture");
    const auto layout = timm ? Family::Layout::Timm : Family::Layout::Transformers;
    const char* key = timm ? "architecture" : "model_type";
    const auto type = config.require<std::string>(key);
    std::vector<std::string> known;
    const Family* best = nullptr;
    std::size_t length = 0;
    for (const Family& family : families())
        if (family.layout == layout)
            for (const std::string& candidate : family.modelTypes) {
                known.push_back(candidate);
                const bool fits = timm ? type.starts_with(candidate) : type == candidate;
                if (fits && candidate.size() >= length) {
                    best = &family;
                    length = candidate.size();
                }
            }
    if (best == nullptr) config.refuse(key, fmt::format("a family that can be opened: {}{}", join(known), suggestion(type, known)));
    return *best;
}

std::unique_ptr<FamilyModel> openNetworks(const Family& family, ModelConfig& config, ModelWeights& weights) {
    const auto refuse = [&](const std::string& why) {
        throw DataError(
            fmt::format("{}: the networks that it describes cannot be made ({}); config and weights do not belong together, or one is damaged",
                        config.subject(), why));
    };
    try {
        return family.open(config, weights);
    } catch (const c10::Error& error) {
        refuse(error.what_without_backtrace());
    } catch (const std::bad_alloc&) {
        refuse("they need more memory than there is");
    } catch (const std::length_error& error) {
        refuse(error.what());
    }
    return nullptr;
}

}  // namespace

at::Tensor ForwardInputs::find(std::string_view name) {
    read_.emplace(name);
    for (const auto& [other, tensor] : tensors_)
        if (other == name) return tensor;
    return {};
}

at::Tensor ForwardInputs::require(std::string_view name) {
    const at::Tensor tensor = find(name);
    if (!tensor.defined()) throw DataError(fmt::format("the model needs an input tensor '{}', found {}", name, inputNames(tensors_)));
    return tensor;
}

void ForwardInputs::refuseUnread() const {
    for (const auto& [name, tensor] : tensors_)
        if (!read_.contains(name))
            throw DataError(fmt::format("the model takes no input tensor '{}'; it took {}", name, join(std::vector(read_.begin(), read_.end()))));
}

OpenedModel openFamilyModel(const fs::path& place) {
    std::error_code code;
    if (!fs::exists(place, code)) throw FileError(fmt::format("{}: there is no such file or folder; check the path", place.string()));
    const fs::path configFile = fs::is_directory(place, code) ? place / "config.json" : place.parent_path() / "config.json";
    ModelWeights weights(place);
    ModelConfig config = fs::exists(configFile, code) ? ModelConfig(configFile) : recogniseWeights(weights);
    OpenedModel opened = openFamilyModel(std::move(config), std::move(weights));
    opened.card.source = place.string();
    return opened;
}

OpenedModel openFamilyModel(ModelConfig config, ModelWeights weights) {
    const Family& family = familyOf(config);
    const WithoutFirstValues unset;  // everything comes from the file, or is an error
    OpenedModel opened{openNetworks(family, config, weights), {}};
    config.refuseUnread();
    opened.card = opened.model->card();
    opened.card.family = family.name;
    opened.card.source = weights.subject();
    opened.card.parameters = weights.takenCount();
    opened.card.unexpected = weights.unexpected();
    opened.card.missing = weights.missing();
    return opened;
}

NamedTensors runForward(FamilyModel& model, NamedTensors inputs) {
    const torch::NoGradGuard noGrad;
    ForwardInputs asked(std::move(inputs));
    NamedTensors outputs = model.forward(asked);
    asked.refuseUnread();
    refuseCutFiles();
    return outputs;
}

}  // namespace maskscope
