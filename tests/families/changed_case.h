#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "families/model_case.h"

namespace maskscope::testing {

/// One tensor of several. @throws std::out_of_range if there is none of this name
inline at::Tensor& named(NamedTensors& tensors, const std::string& name) {
    const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const NamedTensor& tensor) { return tensor.first == name; });
    if (found == tensors.end()) throw std::out_of_range("no tensor " + name);
    return found->second;
}
inline at::Tensor named(NamedTensors&& tensors, const std::string& name) { return named(tensors, name); }
inline at::Tensor named(const NamedTensors& tensors, const std::string& name) { return named(NamedTensors(tensors), name); }

/// A case of tests/parity, whose config and tensors a test may change before the model is opened.
struct ChangedCase {
    std::filesystem::path folder;
    nlohmann::json config;
    NamedTensors tensors;

    explicit ChangedCase(const std::string& name)
        : folder(keptCase(name)),
          config(nlohmann::json::parse(readFile(folder / "model/config.json"))),
          tensors(tensorsOf(folder / "model/model.safetensors")) {}

    NamedTensors inputs() const { return tensorsOf(folder / "inputs.safetensors"); }
    NamedTensors expected() const { return tensorsOf(folder / "expected.safetensors"); }
    at::Tensor& tensor(const std::string& name) { return named(tensors, name); }
    void add(const std::string& name, const at::Tensor& value) { tensors.emplace_back(name, value); }
    void remove(const std::string& name) {
        const auto isIt = [&](const NamedTensor& tensor) { return tensor.first == name; };
        if (std::erase_if(tensors, isIt) != 1) throw std::out_of_range("no tensor " + name);
    }
    OpenedModel open() const { return openFamilyModel(ModelConfig(config, "config.json"), ModelWeights(tensors, "model.safetensors")); }
    /// The message that opening it ends with; empty: it opens.
    QString complaint() const {
        try {
            open();
        } catch (const DataError& error) {
            return error.what();
        }
        return {};
    }
};

inline at::Tensor answer(const OpenedModel& opened, const NamedTensors& inputs, const std::string& name) {
    return named(runForward(*opened.model, inputs), name);
}

}  // namespace maskscope::testing
