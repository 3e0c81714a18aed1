#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace maskscope {

/// Cuts a text into windows of at most `limit` bytes, in order and without overlap: after the last empty line in a window's
/// second half, else after its last line there, else before its last space there, else between two characters. Line breaks
/// at a window's ends are left out, and so are windows of nothing but white space.
/// @param text   valid UTF-8
/// @param limit  at least 4, so that every character fits
std::vector<std::string_view> cutWindows(std::string_view text, std::size_t limit);

}  // namespace maskscope
