#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace maskscope {

/// Files with names, whether they lie in a folder or in an archive. Reading is thread-safe.
class FileStore {
public:
    struct Entry {
        std::string name;  // relative, with '/', without "." and ".."
        std::uint64_t bytes = 0;
    };

    virtual ~FileStore() = default;
    /// Up to `limit` bytes from the start of a file. @throws FileError, DataError
    virtual std::string read(std::size_t entry, std::uint64_t limit) const = 0;
    std::string read(std::size_t entry) const { return read(entry, UINT64_MAX); }

    const std::string& path() const { return path_; }
    /// Sorted by name (openFiles: as given).
    const std::vector<Entry>& entries() const { return entries_; }
    const std::vector<DataProblem>& problems() const { return problems_; }
    /// How messages call an entry: "cats.tar/train/1.jpg".
    std::string fullName(std::size_t entry) const { return path_ + "/" + entries_[entry].name; }

protected:
    std::string path_;
    std::vector<Entry> entries_;
    std::vector<DataProblem> problems_;
};

/// Every file below a folder (hidden ones left out; links to folders are followed, but never in a circle).
/// @throws FileError, StoppedError
std::unique_ptr<FileStore> openFolder(const std::filesystem::path& folder, const OpenOptions& options);

/// Files of one folder, in the order given. @param names  existing files, not empty. @throws FileError
std::unique_ptr<FileStore> openFiles(const std::filesystem::path& folder, const std::vector<std::string>& names);

/// .tar, .zip and their compressed kin. Members are read in place; only those of a compressed tar are held in memory.
/// A member whose name leads out of the archive is refused; of an archive that is cut off, the whole members are used, and
/// both are told in problems().
/// @throws DataError if nothing can be read, StoppedError
std::unique_ptr<FileStore> openArchive(const std::filesystem::path& file, const OpenOptions& options);

/// By its name: .tar .zip .tgz .tar.gz .tar.bz2 .tar.xz .tar.zst
bool isArchiveName(const std::string& name);

/// A path below a store's root that cannot leave it: "./a//b" -> "a/b"; empty where the name is absolute or has "..".
std::string safeName(std::string_view name);

/// What a gzip file holds; other bytes come back as they are. @throws DataError if it is damaged
std::string gunzipped(std::string bytes, const std::string& name);

}  // namespace maskscope
