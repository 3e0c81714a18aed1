#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace maskscope {

/// A file that only grows, by whole pieces. A piece that does not fit (disk full) is taken back, so that what is in the
/// file always ends with a whole piece, unless the process was killed in the middle of the system call. One writer.
class AppendFile {
public:
    /// Opens `file`, which must exist. @throws FileError
    explicit AppendFile(const std::filesystem::path& file);
    ~AppendFile();
    AppendFile(const AppendFile&) = delete;
    AppendFile& operator=(const AppendFile&) = delete;

    /// Adds `piece` with one write(2); readers see it at once. @throws FileError; then nothing was added
    void append(std::string_view piece);
    /// Waits until the disk has everything. @throws FileError
    void sync();

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
    int descriptor_ = -1;
};

}  // namespace maskscope
