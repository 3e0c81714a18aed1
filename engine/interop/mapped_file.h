#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>

#include "interop/cut_files.h"

namespace maskscope {

/// A file's bytes in memory, loaded page by page as they are touched. Writing to them changes private copies of the
/// pages, never the file. The bytes stay valid when the file is renamed or deleted; where it is cut short in place, what is gone
/// reads as 0, and refuseCutFiles() tells.
class MappedFile {
public:
    /// @throws FileError if the file is missing, a folder, or cannot be read
    explicit MappedFile(const std::filesystem::path& file);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    std::span<const std::byte> bytes() const { return {data_, size_}; }
    std::byte* data() const { return data_; }
    std::size_t size() const { return size_; }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
    std::optional<CutGuard> guard_;
};

}  // namespace maskscope
