#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/files.h"

namespace maskscope::testing {

/// One float32 tensor of a parity case.
struct FloatTensor {
    std::vector<std::int64_t> shape;
    std::vector<float> values;  // row-major
};

/// A tensor as it lies in a safetensors file.
struct StoredTensor {
    std::string name, dtype;
    std::vector<std::int64_t> shape;
    std::string bytes;  // row-major

    template <typename T>
    std::vector<T> values() const {
        std::vector<T> result(bytes.size() / sizeof(T));
        std::memcpy(result.data(), bytes.data(), bytes.size());
        return result;
    }
};

/// The tensors of `tests/parity/<caseName>/<file>` (safetensors: 8 bytes of header length, JSON, values). Kept apart from engine/interop, so
/// that low folders can compare with reference numbers.
inline std::vector<StoredTensor> readStoredTensors(const std::string& caseName, const std::string& file) {
    const std::string content = readFile(std::string(std::getenv("MASKSCOPE_SOURCE_DIR")) + "/tests/parity/" + caseName + "/" + file);
    std::uint64_t length = 0;
    std::memcpy(&length, content.data(), sizeof(length));
    const auto header = nlohmann::json::parse(content.substr(8, length));
    std::vector<StoredTensor> tensors;
    for (const auto& [name, entry] : header.items()) {
        if (name == "__metadata__") continue;
        const auto begin = entry.at("data_offsets").at(0).get<std::size_t>(), end = entry.at("data_offsets").at(1).get<std::size_t>();
        tensors.push_back({name, entry.at("dtype").get<std::string>(), entry.at("shape").get<std::vector<std::int64_t>>(),
                           content.substr(8 + length + begin, end - begin)});
    }
    return tensors;
}

/// The float32 tensors of a file of a parity case.
inline std::map<std::string, FloatTensor> readParityTensors(const std::string& caseName, const std::string& file) {
    std::map<std::string, FloatTensor> tensors;
    for (const StoredTensor& tensor : readStoredTensors(caseName, file))
        if (tensor.dtype == "F32") tensors[tensor.name] = {tensor.shape, tensor.values<float>()};
    return tensors;
}

/// The int64 and bool tensors of a file of a parity case, as rows of whole numbers.
inline std::map<std::string, std::vector<std::int64_t>> readParityNumbers(const std::string& caseName, const std::string& file) {
    std::map<std::string, std::vector<std::int64_t>> tensors;
    for (const StoredTensor& tensor : readStoredTensors(caseName, file)) {
        if (tensor.dtype == "I64") tensors[tensor.name] = tensor.values<std::int64_t>();
        if (tensor.dtype == "BOOL") tensors[tensor.name].assign(tensor.bytes.begin(), tensor.bytes.end());
    }
    return tensors;
}

}  // namespace maskscope::testing
