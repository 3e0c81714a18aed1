#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

namespace maskscope {

/// Reads a whole file. @throws FileError with the path and the reason
std::string readFile(const std::filesystem::path& file);

/// Writes a file so that it appears whole or not at all: to `file` + ".tmp", fsync, rename, fsync of the folder.
/// @throws FileError with path, reason (disk full, read-only, ...) and what to do; the former file is untouched
void writeFileAtomically(const std::filesystem::path& file, std::string_view content);

/// The same for content that arrives in pieces.
void writeFileAtomically(const std::filesystem::path& file,
                         const std::function<void(const std::function<void(std::span<const std::byte>)>& write)>& produce);

/// Makes a folder and its parents. @throws FileError
void makeFolder(const std::filesystem::path& folder);

/// Makes the renames and new names inside a folder durable. @throws FileError
void syncFolder(const std::filesystem::path& folder);

/// The folder `resources` that belongs to this program: beside or above the executable, or share/maskscope/resources of an
/// installation; MASKSCOPE_RESOURCES overrides it. @throws FileError if there is none
std::filesystem::path resourcesFolder();

}  // namespace maskscope
