#include "data/fingerprint.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "core/random.h"

namespace maskscope {

std::string fingerprintOf(const std::vector<std::string>& names, const std::vector<std::uint64_t>& sizes,
                          const std::function<std::string(std::size_t i, std::uint64_t limit)>& content) {
    constexpr std::uint64_t kWholeBytes = std::uint64_t{16} << 20, kPartBytes = std::uint64_t{64} << 10;
    constexpr std::size_t kParts = 64;
    std::uint64_t hash = hashCombine(names.size(), 1);
    for (std::size_t i = 0; i < names.size(); ++i) hash = hashCombine(hashCombine(hash, hashText(names[i])), sizes[i]);
    const bool whole = std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0}) <= kWholeBytes;
    const std::size_t parts = whole ? names.size() : std::min(names.size(), kParts);
    for (std::size_t part = 0; part < parts; ++part) {
        const std::size_t i = whole ? part : part * names.size() / parts;
        hash = hashCombine(hash, hashText(content(i, whole ? UINT64_MAX : kPartBytes)));
    }
    return fmt::format("{:016x}", hash);
}

}  // namespace maskscope
