#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "interop/named_tensors.h"
#include "training/checkpoint_store.h"

namespace maskscope {

/// The files inside one checkpoint folder.
inline constexpr const char* kModelFile = "model.safetensors";
inline constexpr const char* kEmaFile = "ema.safetensors";
inline constexpr const char* kOptimizerFile = "optimizer.safetensors";
inline constexpr const char* kSignalsFile = "signals.safetensors";
inline constexpr const char* kStateFile = "state.json";

/// Writes all files of a checkpoint into `folder`, state.json last, each durable when this returns.
/// @return bytes. @throws FileError, DataError
std::uint64_t writeCheckpointFiles(const std::filesystem::path& folder, const Checkpoint& checkpoint);

/// Reads state.json and checks it against itself and against the sizes of the files that it lists.
/// @return the whole document {format, step, files, state}. @throws DataError, FileError
nlohmann::json readCheckpointState(const std::filesystem::path& folder, std::int64_t step);

/// Checks a listed file's CRC-32. @throws DataError, FileError
void checkCheckpointFile(const std::filesystem::path& folder, const nlohmann::json& document, const std::string& file);

/// The tensors of a listed file in the order of saving; empty if the file is not listed.
/// @param mapped  views of the file instead of copies. @throws DataError, FileError
NamedTensors readCheckpointTensors(const std::filesystem::path& folder, const nlohmann::json& document, const std::string& file, bool mapped);

}  // namespace maskscope
