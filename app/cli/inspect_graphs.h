#pragma once

#include <filesystem>
#include <stop_token>

#include <nlohmann/json_fwd.hpp>

namespace maskscope::cli {

/// What a data set of graphs is, and what is wrong with it. @throws DataError, StoppedError
nlohmann::json inspectGraphs(const std::filesystem::path& path, const std::stop_token& stop);

}  // namespace maskscope::cli
