#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace maskscope {

enum class ExportFormat { Transformers, Timm, Safetensors };

struct ExportRequest {
    std::filesystem::path run;
    std::optional<std::int64_t> step;  // none: the newest complete checkpoint
    ExportFormat format = ExportFormat::Safetensors;
    std::filesystem::path out;  // made if it is not there; must be empty
};

struct ExportResult {
    std::int64_t step = 0;
    std::string className;           // that opens it; empty: this program's own names
    std::string note;                // what stayed behind; empty: nothing
    std::vector<std::string> files;  // names inside the folder
};

/// Writes a run's model into a folder that another program opens, with a README that says data, recipe, steps and metrics.
/// Transformers and Timm: as exportToTransformers and exportToTimm. Safetensors: all tensors by our own names, and the recipe.
/// @throws UsageError for a run that the format cannot hold or a folder that is not empty, FileError, DataError
ExportResult exportModel(const ExportRequest& request);

}  // namespace maskscope
