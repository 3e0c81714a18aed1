#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace maskscope::cli {

/// The page of the docs that lists every component with its parameters, as Markdown.
/// @param components  as `components --json` prints them
std::string referencePage(const nlohmann::json& components);

}  // namespace maskscope::cli
