#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace maskscope {

/// Where a text stops being UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
/// @return the offset of the first byte of what is not a character, or npos
std::size_t firstInvalidUtf8(std::string_view text);

/// Whether a character may begin at this byte.
inline bool beginsCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

/// The text as it can be shown whatever its bytes are: those that make up no character become "<0xC3>".
std::string shownText(std::string_view bytes);

}  // namespace maskscope
