#include "data/text/utf8.h"

#include <fmt/format.h>

namespace maskscope {
namespace {

std::uint32_t byteAt(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

/// Bytes of the character at a place, 0 where there is none.
std::size_t characterBytes(std::string_view text, std::size_t at) {
    const std::uint32_t first = byteAt(text, at);
    if (first < 0x80) return 1;
    const std::size_t bytes = first >= 0xC2 && first < 0xE0 ? 2 : first >= 0xE0 && first < 0xF0 ? 3 : first >= 0xF0 && first < 0xF5 ? 4 : 0;
    if (bytes == 0 || at + bytes > text.size()) return 0;
    for (std::size_t i = 1; i < bytes; ++i)
        if (beginsCharacter(text[at + i])) return 0;
    const std::uint32_t second = byteAt(text, at + 1);
    const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    const bool surrogate = first == 0xED && second >= 0xA0, tooHigh = first == 0xF4 && second >= 0x90;
    return overlong || surrogate || tooHigh ? 0 : bytes;
}

}  // namespace

std::size_t firstInvalidUtf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t bytes = characterBytes(text, at);
        if (bytes == 0) return at;
        at += bytes;
    }
    return std::string_view::npos;
}

std::string shownText(std::string_view bytes) {
    std::string shown;
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t count = characterBytes(bytes, at);
        shown += count > 0 ? std::string(bytes.substr(at, count)) : fmt::format("<0x{:02X}>", byteAt(bytes, at));
        at += count > 0 ? count : 1;
    }
    return shown;
}

}  // namespace maskscope
