#include "core/files.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "core/error.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

std::string advice(int code) {
    switch (code) {
        case ENOSPC:
        case EDQUOT:
            return "free some space or choose another folder, then resume";
        case EROFS:
        case EACCES:
        case EPERM:
            return "choose a folder that you may write to";
        case ENOENT:
            return "check the path";
        default:
            return "check the disk and the path";
    }
}

[[noreturn]] void fail(const fs::path& file, const char* action, int code) {
    throw FileError(fmt::format("{}: cannot {}: {}; {}", file.string(), action, std::strerror(code), advice(code)));
}

/// A file descriptor that is closed on every way out.
class Descriptor {
public:
    Descriptor(const fs::path& file, int flags) : file_(file), descriptor_(::open(file.c_str(), flags | O_CLOEXEC, 0644)) {
        if (descriptor_ < 0) fail(file_, flags & O_CREAT ? "write" : "open", errno);
    }
    ~Descriptor() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    /// In bytes, as far as the file says. @throws FileError for a folder
    std::size_t size() const {
        struct stat about {};
        if (::fstat(descriptor_, &about) != 0) fail(file_, "read", errno);
        if (S_ISDIR(about.st_mode)) throw FileError(fmt::format("{}: is a folder, expected a file", file_.string()));
        return static_cast<std::size_t>(about.st_size);
    }
    /// @return how many bytes were read; 0 at the end
    std::size_t read(char* to, std::size_t count) {
        ssize_t got = 0;
        do got = ::read(descriptor_, to, count);
        while (got < 0 && errno == EINTR);
        if (got < 0) fail(file_, "read", errno);
        return static_cast<std::size_t>(got);
    }
    void write(std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) fail(file_, "write", errno);
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        }
    }
    void sync() {
        if (::fsync(descriptor_) != 0 && errno != EINVAL && errno != ENOTSUP) fail(file_, "write", errno);
    }
    void close() {
        if (::close(std::exchange(descriptor_, -1)) != 0) fail(file_, "write", errno);
    }

private:
    const fs::path& file_;
    int descriptor_;
};

}  // namespace

std::string readFile(const fs::path& file) {
    Descriptor in(file, O_RDONLY);
    std::string content(in.size() + 1, '\0');  // one more, so that the end shows without growing
    std::size_t filled = 0;
    while (const std::size_t got = in.read(content.data() + filled, content.size() - filled)) {
        filled += got;
        if (filled == content.size()) content.resize(2 * filled);  // files of /proc say 0, others may grow meanwhile
    }
    content.resize(filled);
    return content;
}

void writeFileAtomically(const fs::path& file, const std::function<void(const std::function<void(std::span<const std::byte>)>&)>& produce) {
    const fs::path temporary = file.string() + ".tmp";
    try {
        Descriptor out(temporary, O_WRONLY | O_CREAT | O_TRUNC);
        produce([&](std::span<const std::byte> bytes) { out.write(bytes); });
        out.sync();
        out.close();
        if (::rename(temporary.c_str(), file.c_str()) != 0) fail(file, "write", errno);
    } catch (...) {
        ::unlink(temporary.c_str());
        throw;
    }
    syncFolder(file.parent_path());
}

void writeFileAtomically(const fs::path& file, std::string_view content) {
    writeFileAtomically(file, [&](const auto& write) { write(std::as_bytes(std::span(content.data(), content.size()))); });
}

void makeFolder(const fs::path& folder) {
    std::error_code code;
    fs::create_directories(folder, code);
    if (code) fail(folder, "make the folder", code.value());
    if (!fs::is_directory(folder, code)) fail(folder, "make the folder", ENOTDIR);
}

void syncFolder(const fs::path& folder) { Descriptor(folder.empty() ? fs::path(".") : folder, O_RDONLY | O_DIRECTORY).sync(); }

fs::path resourcesFolder() {
    if (const char* given = std::getenv("MASKSCOPE_RESOURCES")) return given;
    std::error_code code;
    const fs::path program = fs::read_symlink("/proc/self/exe", code);
    for (fs::path folder = program.parent_path(); folder.has_relative_path(); folder = folder.parent_path())
        for (const char* place : {"resources", "share/maskscope/resources"})
            if (fs::is_directory(folder / place / "recipes", code)) return folder / place;
    throw FileError(fmt::format("{}: no folder 'resources' beside or above the program; set MASKSCOPE_RESOURCES to it", program.string()));
}

}  // namespace maskscope
