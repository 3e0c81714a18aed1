#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace maskscope {

/// Gives the next bytes of a packed member. @return how many were put; 0 at the end
using ByteSource = std::function<std::size_t(char* to, std::size_t count)>;

/// Copies up to `wanted` bytes.
std::string readPlain(const ByteSource& source, std::uint64_t wanted);

/// Unpacks up to `wanted` bytes of a raw deflate stream (zip). @return fewer if the stream ends or is damaged
std::string inflateRaw(const ByteSource& source, std::uint64_t wanted);

}  // namespace maskscope
