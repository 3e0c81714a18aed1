#include "families/weight_map.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include "core/error.h"
#include "core/text.h"

namespace maskscope {

void WeightMap::add(const std::string& ours, at::Tensor value, const std::string& theirs) {
    tensors_.emplace_back(ours, std::move(value));
    origin_[ours] = theirs;
}

at::Tensor WeightMap::find(const std::string& ours) const {
    for (const auto& [name, value] : tensors_)
        if (name == ours) return value;
    return {};
}

void WeightMap::replace(const std::string& ours, at::Tensor value) {
    for (auto& [name, old] : tensors_)
        if (name == ours) old = std::move(value);
}

void WeightMap::move(const std::string& ours, const std::string& theirs) { add(ours, weights_.take(theirs), theirs); }

void WeightMap::reshaped(const std::string& ours, const std::string& theirs, std::vector<std::int64_t> shape) {
    at::Tensor value = weights_.take(theirs);
    std::int64_t expected = 1;
    for (const std::int64_t side : shape) expected *= side;
    if (value.numel() != expected)
        throw DataError(fmt::format("{}: tensor '{}' is [{}], expected {} values; the file belongs to another config", weights_.subject(), theirs,
                                    fmt::join(value.sizes(), ", "), expected));
    add(ours, value.reshape(shape), theirs);
}

void WeightMap::flattened(const std::string& ours, const std::string& theirs) { add(ours, weights_.take(theirs).flatten(), theirs); }

void WeightMap::linear(const std::string& ours, const std::string& theirs) {
    move(ours + ".weight", theirs + ".weight");
    origin_[ours + ".bias"] = theirs + ".bias";
    if (weights_.has(theirs + ".bias")) move(ours + ".bias", theirs + ".bias");
}

void WeightMap::pointwise(const std::string& ours, const std::string& theirs) {
    add(ours + ".weight", weights_.take(theirs + ".weight").flatten(1), theirs + ".weight");
    move(ours + ".bias", theirs + ".bias");
}

void WeightMap::joined(const std::string& ours, const std::vector<std::string>& theirs) {
    std::vector<at::Tensor> parts;
    for (const std::string& name : theirs) {
        parts.push_back(weights_.take(name));
        if (parts.back().dim() == 0 || parts.back().sizes().slice(1) != parts.front().sizes().slice(1))
            throw DataError(fmt::format("{}: tensor '{}' is [{}], which does not go with '{}' [{}]", weights_.subject(), name,
                                        fmt::join(parts.back().sizes(), ", "), theirs.front(), fmt::join(parts.front().sizes(), ", ")));
    }
    add(ours, at::cat(parts), theirs.front());
}

void WeightMap::joinedLinear(const std::string& ours, const std::vector<std::string>& theirs) {
    for (const char* part : {".weight", ".bias"}) {
        std::vector<std::string> names;
        for (const std::string& name : theirs) names.push_back(name + part);
        origin_[ours + part] = names.front();
        if (part == std::string_view(".weight") ||
            std::all_of(names.begin(), names.end(), [&](const std::string& name) { return weights_.has(name); }))
            joined(ours + part, names);
    }
}

std::string WeightMap::originOf(const std::string& ours) const {
    const auto place = origin_.find(ours);
    return place == origin_.end() ? ours : place->second;
}

void WeightMap::fill(torch::nn::Module& module, const std::string& prefix) const {
    const torch::NoGradGuard noGrad;
    std::map<std::string, at::Tensor> targets;
    for (const auto& item : module.named_parameters()) targets.emplace(prefix + item.key(), item.value());
    for (const auto& item : module.named_buffers()) targets.emplace(prefix + item.key(), item.value());
    for (const auto& [name, value] : tensors_) {
        if (!name.starts_with(prefix)) continue;
        const auto target = targets.find(name);
        if (target == targets.end())
            throw DataError(fmt::format("{}: tensor '{}' has no place in the model that the config describes; file and config do not belong together",
                                        weights_.subject(), originOf(name)));
        if (target->second.sizes() != value.sizes())
            throw DataError(fmt::format("{}: tensor '{}' is [{}], but the config asks for [{}]; file and config do not belong together",
                                        weights_.subject(), originOf(name), fmt::join(value.sizes(), ", "), fmt::join(target->second.sizes(), ", ")));
        target->second.set_data(value.contiguous());
        targets.erase(target);
    }
    if (!targets.empty()) {
        const std::string theirs = originOf(targets.begin()->first);
        throw DataError(fmt::format("{}: there is no tensor '{}' (for {}) among its {}{}; the file is incomplete or belongs to another config",
                                    weights_.subject(), theirs, targets.begin()->first, weights_.names().size(),
                                    suggestion(theirs, weights_.names())));
    }
}

}  // namespace maskscope
