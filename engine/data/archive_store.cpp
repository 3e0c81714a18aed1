#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <unordered_map>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "core/text.h"
#include "data/file_store.h"
#include "data/inflate.h"

namespace maskscope {
namespace {

/// Whether a file's last 1,024 bytes are zero: a whole tar archive ends with two empty blocks.
bool endsWithZeros(const std::string& path) {
    constexpr std::streamoff kEndMark = 1024;
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file || file.tellg() < kEndMark) return false;
    std::array<char, kEndMark> tail{};
    file.seekg(-kEndMark, std::ios::end);
    file.read(tail.data(), kEndMark);
    return file.gcount() == kEndMark && std::all_of(tail.begin(), tail.end(), [](char c) { return c == 0; });
}

namespace fs = std::filesystem;
using Archive = std::unique_ptr<archive, decltype(&archive_read_free)>;

/// How a member's bytes lie in the archive's file.
enum class Packing { Plain, Deflated, InMemory };

struct Member {
    FileStore::Entry entry;
    Packing packing = Packing::Plain;
    std::uint64_t offset = 0;  // of the first packed byte
    std::string content;       // Packing::InMemory
};

/// libarchive does not always have one.
const char* reasonOf(archive* reader) {
    const char* why = archive_error_string(reader);
    return why != nullptr ? why : "no reason given";
}

/// A file open for reading; closed whatever happens.
class ReadDescriptor {
public:
    explicit ReadDescriptor(const fs::path& file) : number_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
        if (number_ < 0) throw FileError(fmt::format("{}: cannot open: {}; check the path", file.string(), std::strerror(errno)));
    }
    ~ReadDescriptor() { ::close(number_); }
    ReadDescriptor(const ReadDescriptor&) = delete;
    ReadDescriptor& operator=(const ReadDescriptor&) = delete;
    operator int() const { return number_; }

private:
    int number_;
};

class ArchiveStore : public FileStore {
public:
    ArchiveStore(const fs::path& file, const OpenOptions& options) : options_(options), descriptor_(file) {
        path_ = file.string();
        std::error_code code;
        fileBytes_ = fs::file_size(file, code);
        if (code) throw FileError(fmt::format("{}: cannot open: {}; check the path", path_, code.message()));
        memoryLimit_ = options.archiveMb > 0 ? options.archiveMb * 1024 * 1024 : availableMemory() / 4;
        index();
        options_ = {};
        finish();
    }
    std::string read(std::size_t entry, std::uint64_t limit) const override {
        const Member& member = members_[entry];
        const std::uint64_t wanted = std::min(limit, member.entry.bytes);
        if (member.packing == Packing::InMemory) return member.content.substr(0, wanted);
        const auto source = [this, &member, at = std::uint64_t{0}](char* to, std::size_t count) mutable {
            const ssize_t got = ::pread(descriptor_, to, count, static_cast<off_t>(member.offset + at));
            at += got > 0 ? static_cast<std::uint64_t>(got) : 0;
            return got > 0 ? static_cast<std::size_t>(got) : std::size_t{0};
        };
        const std::string bytes = member.packing == Packing::Plain ? readPlain(source, wanted) : inflateRaw(source, wanted);
        if (bytes.size() < wanted)
            throw DataError(fmt::format("{}: {} of {} bytes could be read; the archive is damaged", fullName(entry), bytes.size(), wanted));
        return bytes;
    }

private:
    void index();
    void take(archive* reader, archive_entry* entry);
    std::string contentOf(archive* reader, const std::string& name);
    void finish();
    void complain(const std::string& name, const std::string& reason) { problems_.push_back({name, fmt::format("{}/{}: {}", path_, name, reason)}); }

    OpenOptions options_;
    ReadDescriptor descriptor_;
    std::uint64_t fileBytes_ = 0;
    double memoryLimit_ = 0, memoryUsed_ = 0;
    std::vector<Member> members_;
};

void ArchiveStore::index() {
    const Archive reader(archive_read_new(), archive_read_free);
    archive_read_support_filter_all(reader.get());
    archive_read_support_format_tar(reader.get());
    archive_read_support_format_zip(reader.get());
    if (archive_read_open_filename(reader.get(), path_.c_str(), 1 << 16) != ARCHIVE_OK)
        throw DataError(fmt::format("{}: not an archive that can be read ({}); expected .tar, .tar.gz or .zip", path_, reasonOf(reader.get())));
    archive_entry* entry = nullptr;
    int result = ARCHIVE_OK;
    while ((result = archive_read_next_header(reader.get(), &entry)) != ARCHIVE_EOF) {
        if (options_.stop.stop_requested()) throw StoppedError(fmt::format("{}: stopped while listing its members", path_));
        if (result == ARCHIVE_RETRY) continue;
        if (result < ARCHIVE_WARN) {
            complain("(end)",
                     fmt::format("the archive is cut off or damaged after {} files ({}); the files before are used, fetch it again for the rest",
                                 members_.size(), reasonOf(reader.get())));
            break;
        }
        take(reader.get(), entry);
        if (options_.progress && members_.size() % 1000 == 0)
            options_.progress(static_cast<std::int64_t>(archive_filter_bytes(reader.get(), -1)), static_cast<std::int64_t>(fileBytes_));
    }
    const bool plainTar = (archive_format(reader.get()) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR &&
                          archive_filter_code(reader.get(), 0) == ARCHIVE_FILTER_NONE;
    if (result == ARCHIVE_EOF && plainTar && !endsWithZeros(path_))
        complain("(end)", fmt::format("the archive ends without its end mark after {} files; it may be cut off: fetch it again if files are missing",
                                      members_.size()));
    if (members_.empty())
        throw DataError(fmt::format("{}: no file in it can be read{}{}; fetch or make the archive again", path_,
                                    problems_.empty() ? "" : "; the first problem: ", problems_.empty() ? "" : problems_.front().reason));
}

void ArchiveStore::take(archive* reader, archive_entry* entry) {
    const char* utf8 = archive_entry_pathname_utf8(entry);
    const char* raw = utf8 != nullptr ? utf8 : archive_entry_pathname(entry);
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != nullptr || raw == nullptr) return;
    Member member;
    member.entry.name = safeName(raw);
    if (member.entry.name.empty()) return complain(raw, "refused, its name leads out of the archive; rename it");
    if (archive_entry_is_encrypted(entry) != 0) return complain(member.entry.name, "encrypted; pack the archive again without a password");

    const char* formatName = archive_format_name(reader);
    const std::string format = formatName != nullptr ? formatName : "";
    const bool zip = format.starts_with("ZIP");
    member.entry.bytes = static_cast<std::uint64_t>(std::max<la_int64_t>(archive_entry_size(entry), 0));
    member.offset = static_cast<std::uint64_t>(archive_filter_bytes(reader, 0));
    const bool inPlace = archive_filter_code(reader, 0) == ARCHIVE_FILTER_NONE && archive_entry_size_is_set(entry) != 0 &&
                         archive_entry_sparse_count(entry) == 0 &&
                         (!zip || format.find("(uncompressed)") != std::string::npos || format.find("(deflation)") != std::string::npos);
    if (inPlace) {
        member.packing = zip && format.find("(deflation)") != std::string::npos ? Packing::Deflated : Packing::Plain;
        if (member.packing == Packing::Plain && member.offset + member.entry.bytes > fileBytes_)
            return complain(member.entry.name, "cut off with the archive; fetch it again");
    } else {
        member.packing = Packing::InMemory;
        try {
            member.content = contentOf(reader, member.entry.name);
        } catch (const DataError& error) {
            return complain(member.entry.name, error.what());
        }
        member.entry.bytes = member.content.size();
    }
    members_.push_back(std::move(member));
}

/// Reads the current member. @throws DataError if it is damaged; FileError if it is too much for the memory
std::string ArchiveStore::contentOf(archive* reader, const std::string& name) {
    std::string content;
    std::array<char, 1 << 16> buffer{};
    la_ssize_t got = 0;
    while ((got = archive_read_data(reader, buffer.data(), buffer.size())) > 0) {
        memoryUsed_ += static_cast<double>(got);
        if (memoryUsed_ > memoryLimit_)
            throw FileError(fmt::format("{}: unpacks to more than the {} that may be held in memory, at {}; unpack it to a plain .tar or a folder",
                                        path_, byteCount(memoryLimit_), name));
        content.append(buffer.data(), static_cast<std::size_t>(got));
    }
    if (got < 0) throw DataError(fmt::format("damaged ({})", reasonOf(reader)));
    return content;
}

/// Sorts by name; of members with the same name the last counts, as in tar.
void ArchiveStore::finish() {
    std::stable_sort(members_.begin(), members_.end(), [](const Member& a, const Member& b) { return a.entry.name < b.entry.name; });
    std::vector<Member> unique;
    for (Member& member : members_) {
        if (!unique.empty() && unique.back().entry.name == member.entry.name)
            unique.back() = std::move(member);
        else
            unique.push_back(std::move(member));
    }
    members_ = std::move(unique);
    for (const Member& member : members_) entries_.push_back(member.entry);
}

}  // namespace

std::unique_ptr<FileStore> openArchive(const fs::path& file, const OpenOptions& options) { return std::make_unique<ArchiveStore>(file, options); }

bool isArchiveName(const std::string& name) {
    static constexpr std::array<std::string_view, 8> kEndings{".tar", ".zip", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tbz2"};
    return std::any_of(kEndings.begin(), kEndings.end(), [&](std::string_view ending) { return name.ends_with(ending); });
}

}  // namespace maskscope
