#include "interop/mapped_file.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "core/error.h"

namespace maskscope {

MappedFile::MappedFile(const std::filesystem::path& file) : path_(file) {
    const auto fail = [&](int code) {
        throw FileError(fmt::format("{}: cannot open: {}; check the path and its permissions", file.string(), std::strerror(code)));
    };
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) fail(errno);
    struct stat status {};
    const bool known = ::fstat(descriptor, &status) == 0;
    int problem = known ? 0 : errno;
    if (known && !S_ISREG(status.st_mode)) problem = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
    if (problem == 0 && status.st_size > 0) {
        size_ = static_cast<std::size_t>(status.st_size);
        void* memory = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0);
        if (memory == MAP_FAILED)
            problem = errno;
        else
            data_ = static_cast<std::byte*>(memory);
    }
    ::close(descriptor);
    if (problem != 0) fail(problem);
    if (data_ != nullptr) guard_.emplace(data_, size_, file);
}

MappedFile::~MappedFile() {
    guard_.reset();
    if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace maskscope
