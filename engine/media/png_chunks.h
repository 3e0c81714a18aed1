#pragma once

#include <string>
#include <string_view>

namespace maskscope {

inline constexpr std::string_view kPngSignature{"\x89PNG\r\n\x1a\n", 8};

/// Walks a PNG's chunks and their checksums. @return what is wrong, in words, or an empty string
std::string pngDamage(std::string_view bytes);

/// The same picture with the chunks that decide about pixels alone; libpng prints warnings about many of the others.
/// @param bytes  a PNG without damage
std::string essentialPng(std::string_view bytes);

}  // namespace maskscope
