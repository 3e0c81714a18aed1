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

/// Reads the float32 tensors of `tests/parity/<caseName>/<file>` (safetensors: 8 bytes of header length, JSON, values). Kept
/// apart from engine/interop, so that low folders can compare with reference numbers.
inline std::map<std::string, FloatTensor> readParityTensors(const std::string& caseName, const std::string& file) {
    const std::string content = readFile(std::string(std::getenv("MASKSCOPE_SOURCE_DIR")) + "/tests/parity/" + caseName + "/" + file);
    std::uint64_t length = 0;
    std::memcpy(&length, content.data(), sizeof(length));
    const auto header = nlohmann::json::parse(content.substr(8, length));
    std::map<std::string, FloatTensor> tensors;
    for (const auto& [name, entry] : header.items()) {
        if (name == "__metadata__" || entry.at("dtype") != "F32") continue;
        const auto begin = entry.at("data_offsets").at(0).get<std::size_t>(), end = entry.at("data_offsets").at(1).get<std::size_t>();
        FloatTensor tensor{entry.at("shape").get<std::vector<std::int64_t>>(), std::vector<float>((end - begin) / sizeof(float))};
        std::memcpy(tensor.values.data(), content.data() + 8 + length + begin, end - begin);
        tensors.emplace(name, std::move(tensor));
    }
    return tensors;
}

}  // namespace maskscope::testing
