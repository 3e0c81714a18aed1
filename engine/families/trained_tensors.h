#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include "core/error.h"
#include "interop/named_tensors.h"

namespace maskscope {

/// Tensors of one network of a trained method, by our names without the network's beginning.
class TrainedTensors {
public:
    TrainedTensors(const NamedTensors& weights, const std::string& beginning) {
        for (const auto& [name, value] : weights)
            if (name.starts_with(beginning)) byName_.emplace(name.substr(beginning.size()), value);
    }
    bool has(const std::string& name) const { return byName_.contains(name); }
    /// @throws DataError
    at::Tensor get(const std::string& name) const {
        const auto place = byName_.find(name);
        if (place == byName_.end()) throw DataError(fmt::format("the checkpoint has no tensor '{}'", name));
        return place->second;
    }
    /// THEIRS.weight, and THEIRS.bias where there is one.
    void linear(NamedTensors& result, const std::string& theirs, const std::string& ours) const {
        for (const char* part : {".weight", ".bias"})
            if (has(ours + part)) result.emplace_back(theirs + part, get(ours + part));
    }

private:
    std::map<std::string, at::Tensor> byName_;
};

}  // namespace maskscope
