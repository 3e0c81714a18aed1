#include "media/png_chunks.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>

#include <fmt/format.h>

namespace maskscope {
namespace {

struct Chunk {
    std::string_view type;   // four letters
    std::string_view whole;  // length, type, data, checksum
};

std::uint32_t big(std::string_view bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

std::array<std::uint32_t, 256> makeCrcTable() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t n = 0; n < table.size(); ++n) {
        std::uint32_t c = n;
        for (int bit = 0; bit < 8; ++bit) c = (c & 1U) != 0 ? 0xEDB88320U ^ c >> 1 : c >> 1;
        table[n] = c;
    }
    return table;
}

std::uint32_t crc32Of(std::string_view bytes) {
    static const std::array<std::uint32_t, 256> kTable = makeCrcTable();
    std::uint32_t crc = ~0U;
    for (const char byte : bytes) crc = kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xFFU] ^ crc >> 8;
    return ~crc;
}

/// Calls `take` for each chunk until it returns false. @return false if the bytes end inside a chunk
bool walkChunks(std::string_view bytes, const std::function<bool(const Chunk&)>& take) {
    for (std::size_t at = kPngSignature.size(); at < bytes.size();) {
        if (at + 12 > bytes.size()) return false;
        const std::size_t size = std::size_t{big(bytes, at)} + 12;
        if (size > bytes.size() - at) return false;
        if (!take({bytes.substr(at + 4, 4), bytes.substr(at, size)})) return true;
        at += size;
    }
    return false;
}

}  // namespace

std::string pngDamage(std::string_view bytes) {
    std::string damage;
    const bool ended = walkChunks(bytes, [&](const Chunk& chunk) {
        const std::size_t size = chunk.whole.size();
        if (crc32Of(chunk.whole.substr(4, size - 8)) != big(chunk.whole, size - 4))
            damage = fmt::format("the checksum of its PNG chunk '{}' is wrong", chunk.type);
        return damage.empty() && chunk.type != "IEND";
    });
    return ended ? damage : "the PNG has no IEND chunk";
}

std::string essentialPng(std::string_view bytes) {
    static constexpr std::array<std::string_view, 6> kEssential{"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "eXIf"};
    std::string result(kPngSignature);
    walkChunks(bytes, [&](const Chunk& chunk) {
        if (std::find(kEssential.begin(), kEssential.end(), chunk.type) != kEssential.end()) result += chunk.whole;
        return chunk.type != "IEND";
    });
    return result;
}

}  // namespace maskscope
