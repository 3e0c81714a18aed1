#include "data/inflate.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <zlib.h>

#include "data/file_store.h"

namespace maskscope {
namespace {

/// A zlib stream that is freed on every way out. @param windowBits  -15: raw deflate, 31: gzip
class Inflater {
public:
    explicit Inflater(int windowBits) { ready_ = inflateInit2(&stream_, windowBits) == Z_OK; }
    ~Inflater() {
        if (ready_) inflateEnd(&stream_);
    }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    bool ready() const { return ready_; }
    z_stream& stream() { return stream_; }

private:
    z_stream stream_{};
    bool ready_ = false;
};

/// Unpacks into `result`, which grows up to `wanted` bytes. @return the last answer of zlib
int unpack(Inflater& inflater, const ByteSource& source, std::uint64_t wanted, std::string& result) {
    std::array<char, 1 << 15> packed{}, plain{};
    z_stream& stream = inflater.stream();
    int answer = Z_OK;
    while (answer == Z_OK && result.size() < wanted) {
        if (stream.avail_in == 0) {
            stream.next_in = reinterpret_cast<Bytef*>(packed.data());
            stream.avail_in = static_cast<uInt>(source(packed.data(), packed.size()));
            if (stream.avail_in == 0) return Z_BUF_ERROR;
        }
        stream.next_out = reinterpret_cast<Bytef*>(plain.data());
        stream.avail_out = static_cast<uInt>(std::min<std::uint64_t>(plain.size(), wanted - result.size()));
        const std::size_t space = stream.avail_out;
        answer = inflate(&stream, Z_NO_FLUSH);
        result.append(plain.data(), space - stream.avail_out);
    }
    return answer;
}

}  // namespace

std::string readPlain(const ByteSource& source, std::uint64_t wanted) {
    std::string result(wanted, '\0');
    std::size_t filled = 0;
    while (filled < result.size()) {
        const std::size_t got = source(result.data() + filled, result.size() - filled);
        if (got == 0) break;
        filled += got;
    }
    result.resize(filled);
    return result;
}

std::string inflateRaw(const ByteSource& source, std::uint64_t wanted) {
    std::string result;
    Inflater inflater(-15);
    if (inflater.ready()) unpack(inflater, source, wanted, result);
    return result;
}

std::string gunzipped(std::string bytes, const std::string& name) {
    if (bytes.size() < 2 || bytes[0] != '\x1f' || bytes[1] != '\x8b') return bytes;
    constexpr std::uint64_t kLimit = std::uint64_t{8} << 30;
    std::size_t at = 0;
    const ByteSource source = [&](char* to, std::size_t count) {
        const std::size_t got = bytes.copy(to, count, at);
        at += got;
        return got;
    };
    std::string result;
    Inflater inflater(31);
    const int answer = inflater.ready() ? unpack(inflater, source, kLimit, result) : Z_MEM_ERROR;
    if (answer != Z_STREAM_END)
        throw DataError(fmt::format("{}: its gzip data {} after {} bytes; the download is incomplete", name,
                                    answer == Z_BUF_ERROR ? "end" : "are damaged", result.size()));
    return result;
}

}  // namespace maskscope
