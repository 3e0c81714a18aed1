#include "interop/saved_tensors.h"

#include <map>

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"

namespace maskscope {
namespace {

std::string describe(const at::Tensor& tensor) {
    return fmt::format("{} [{}]", c10::toString(tensor.scalar_type()), fmt::join(tensor.sizes(), ", "));
}

using SavedByName = std::map<std::string_view, const at::Tensor*>;

/// The saved tensors by name. @throws DataError unless they are those of the targets in name, shape and dtype
SavedByName matchingSaved(const NamedTensors& targets, const NamedTensors& saved, const std::string& what) {
    SavedByName byName;
    for (const auto& [name, tensor] : saved)
        if (!byName.emplace(name, &tensor).second) throw DataError(fmt::format("{}: tensor '{}' is saved twice", what, name));
    for (const auto& [name, tensor] : targets) {
        const auto place = byName.find(name);
        if (place == byName.end())
            throw DataError(fmt::format("{}: tensor '{}' is not in the checkpoint; it was made by another model or version", what, name));
        if (place->second->sizes() != tensor.sizes() || place->second->scalar_type() != tensor.scalar_type())
            throw DataError(fmt::format("{}: tensor '{}' is {} in the checkpoint, expected {}; it was made by another model", what, name,
                                        describe(*place->second), describe(tensor)));
    }
    if (byName.size() != targets.size()) {
        for (const auto& [name, tensor] : targets) byName.erase(name);
        throw DataError(fmt::format("{}: the checkpoint has a tensor '{}' that this model lacks; it was made by another model or version", what,
                                    byName.begin()->first));
    }
    return byName;
}

}  // namespace

void copySaved(const NamedTensors& targets, const NamedTensors& saved, const std::string& what) {
    const SavedByName byName = matchingSaved(targets, saved, what);
    const c10::NoGradGuard noGrad;
    for (const auto& [name, tensor] : targets) at::Tensor(tensor).copy_(*byName.at(name));
}

void shareSaved(const NamedTensors& targets, const NamedTensors& saved, const std::string& what) {
    const SavedByName byName = matchingSaved(targets, saved, what);
    const c10::NoGradGuard noGrad;
    for (const auto& [name, tensor] : targets) at::Tensor(tensor).set_data(byName.at(name)->detach());
}

}  // namespace maskscope
