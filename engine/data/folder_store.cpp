#include <algorithm>
#include <fstream>
#include <set>

#include <fmt/format.h>

#include "core/files.h"
#include "core/text.h"
#include "data/file_store.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

class FolderStore : public FileStore {
public:
    FolderStore(const fs::path& folder, const OpenOptions& options) : folder_(folder) {
        path_ = folder.string();
        while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
        scan(options);
        std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
    }
    FolderStore(const fs::path& folder, const std::vector<std::string>& names) : folder_(folder) {
        path_ = folder_.empty() ? "." : folder_.string();
        for (const std::string& name : names) {
            std::error_code code;
            const std::uint64_t bytes = fs::file_size(folder_ / name, code);
            if (code) throw FileError(fmt::format("{}: cannot be read: {}; check the path", (folder_ / name).string(), code.message()));
            entries_.push_back({name, bytes});
        }
    }

    std::string read(std::size_t entry, std::uint64_t limit) const override {
        const fs::path file = folder_ / entries_[entry].name;
        if (limit >= entries_[entry].bytes) return readFile(file);
        std::ifstream stream(file, std::ios::binary);
        if (!stream) return readFile(file);  // says why
        std::string bytes(limit, '\0');
        stream.read(bytes.data(), static_cast<std::streamsize>(limit));
        bytes.resize(static_cast<std::size_t>(stream.gcount()));
        return bytes;
    }

private:
    void scan(const OpenOptions& options) {
        std::error_code code;
        std::set<fs::path> linked{fs::canonical(folder_, code)};
        fs::recursive_directory_iterator place(folder_,
                                               fs::directory_options::follow_directory_symlink | fs::directory_options::skip_permission_denied, code);
        if (code) throw FileError(fmt::format("{}: cannot be read: {}; check the path and its permissions", path_, code.message()));
        for (; place != fs::recursive_directory_iterator(); place.increment(code)) {
            if (options.stop.stop_requested()) throw StoppedError(fmt::format("{}: stopped while listing files", path_));
            const fs::directory_entry& entry = *place;
            const bool folder = entry.is_directory(code);
            if (entry.path().filename().string().starts_with(".")) {
                if (folder) place.disable_recursion_pending();
            } else if (folder) {
                if (entry.is_symlink(code) && !linked.insert(fs::canonical(entry.path(), code)).second) place.disable_recursion_pending();
                if (place.depth() > 32) place.disable_recursion_pending();
            } else if (entry.is_regular_file(code)) {
                entries_.push_back({entry.path().lexically_relative(folder_).generic_string(), entry.file_size(code)});
                if (options.progress && entries_.size() % 1000 == 0) options.progress(static_cast<std::int64_t>(entries_.size()), 0);
            }
        }
        if (code) problems_.push_back({path_, fmt::format("{}: listing ended early: {}; check the folder", path_, code.message())});
    }

    fs::path folder_;
};

}  // namespace

std::unique_ptr<FileStore> openFolder(const fs::path& folder, const OpenOptions& options) { return std::make_unique<FolderStore>(folder, options); }
std::unique_ptr<FileStore> openFiles(const fs::path& folder, const std::vector<std::string>& names) {
    return std::make_unique<FolderStore>(folder, names);
}

std::string safeName(std::string_view name) {
    if (name.starts_with('/') || name.find('\0') != std::string_view::npos) return {};
    std::vector<std::string> parts;
    for (std::string& part : split(name, '/')) {
        if (part == "..") return {};
        if (!part.empty() && part != ".") parts.push_back(std::move(part));
    }
    return join(parts, "/");
}

}  // namespace maskscope
