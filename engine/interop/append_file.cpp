#include "interop/append_file.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "core/error.h"

namespace maskscope {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const char* action, int code) {
    const char* advice = code == ENOSPC || code == EDQUOT                   ? "free some space, then go on"
                         : code == EROFS || code == EACCES || code == EPERM ? "make the folder writable, then go on"
                                                                            : "check the disk and the path";
    throw FileError(fmt::format("{}: cannot {}: {}; {}", file.string(), action, std::strerror(code), advice));
}

}  // namespace

AppendFile::AppendFile(const std::filesystem::path& file) : path_(file), descriptor_(::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)) {
    if (descriptor_ < 0) fail(path_, "open for writing", errno);
}

AppendFile::~AppendFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void AppendFile::append(std::string_view piece) {
    struct stat before {};
    if (::fstat(descriptor_, &before) != 0) fail(path_, "write", errno);
    std::string_view rest = piece;
    while (!rest.empty()) {
        const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            const int code = errno;
            if (::ftruncate(descriptor_, before.st_size) != 0) fail(path_, "take back a piece that was written in part", errno);
            fail(path_, "write", code);
        }
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
}

void AppendFile::sync() {
    if (::fsync(descriptor_) != 0 && errno != EINVAL && errno != ENOTSUP) fail(path_, "write", errno);
}

}  // namespace maskscope
