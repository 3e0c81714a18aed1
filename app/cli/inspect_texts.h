#pragma once

#include <filesystem>
#include <stop_token>

#include <nlohmann/json_fwd.hpp>

namespace maskscope::cli {

/// What `inspect` says about a data set of texts. @throws DataError, FileError, StoppedError
nlohmann::json inspectTexts(const std::filesystem::path& path, const std::stop_token& stop);

}  // namespace maskscope::cli
