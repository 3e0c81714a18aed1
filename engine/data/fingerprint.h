#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace maskscope {

/// Hash over names, sizes and content: of everything up to 16 MiB in all, otherwise of the first 64 KiB of 64 evenly spread files.
/// @param content  gives up to `limit` bytes of file i
/// @return 16 hexadecimal digits, the same on every machine
std::string fingerprintOf(const std::vector<std::string>& names, const std::vector<std::uint64_t>& sizes,
                          const std::function<std::string(std::size_t i, std::uint64_t limit)>& content);

}  // namespace maskscope
