#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/value.h"

namespace maskscope {

/// Parses TOML text. `name` stands for the file in messages and source lines.
/// @throws RecipeError with name, line and reason
Value parseToml(std::string_view text, const std::string& name);

/// Reads a TOML file.
/// @throws FileError if it cannot be read, RecipeError if it is not TOML
Value readToml(const std::filesystem::path& file);

/// Parses what stands right of the = sign: a number, true, [1, 2], { kind = "x" }, "text". A bare word is taken as text.
Value parseTomlValue(std::string_view text, const std::string& name);

/// Writes a table as TOML; parseToml(writeToml(v)) == v.
std::string writeToml(const Value& table);

}  // namespace maskscope
