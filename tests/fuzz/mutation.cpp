#include "fuzz/mutation.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

namespace maskscope::testing {
namespace {

/// The numbers at which readers go wrong: nothing, one, the borders of signed and unsigned types, and absurd sizes.
constexpr std::array<std::uint64_t, 14> kNumbers = {0,
                                                    1,
                                                    2,
                                                    0x7F,
                                                    0x80,
                                                    0xFF,
                                                    0x7FFF,
                                                    0xFFFF,
                                                    0x7FFFFFFF,
                                                    0x80000000U,
                                                    0xFFFFFFFFU,
                                                    std::uint64_t{1} << 40,
                                                    ~std::uint64_t{0} >> 1,
                                                    ~std::uint64_t{0}};
constexpr std::array<const char*, 8> kDecimals = {"0",     "-1", "2147483648", "4294967296", "9223372036854775807", "99999999999999999999",
                                                  "1e308", "NaN"};

std::size_t place(const std::string& bytes, RandomStream& random) { return static_cast<std::size_t>(random.below(bytes.size())); }

void overwriteNumber(std::string& bytes, RandomStream& random) {
    const std::size_t width = std::size_t{1} << random.below(4);
    if (bytes.size() < width) return;
    const std::size_t at = static_cast<std::size_t>(random.below(bytes.size() - width + 1));
    const std::uint64_t number = kNumbers[random.below(kNumbers.size())];
    const bool bigEndian = random.chance(0.5);
    for (std::size_t i = 0; i < width; ++i) bytes[at + (bigEndian ? width - 1 - i : i)] = static_cast<char>(number >> (8 * i));
}

/// Puts another number where decimal digits stand.
void overwriteDecimal(std::string& bytes, RandomStream& random) {
    const auto isDigit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
    const auto start = std::find_if(bytes.begin() + static_cast<std::ptrdiff_t>(place(bytes, random)), bytes.end(), isDigit);
    const auto end = std::find_if_not(start, bytes.end(), isDigit);
    if (start != end) bytes.replace(start, end, kDecimals[random.below(kDecimals.size())]);
}

void moveStretch(std::string& bytes, const std::string& from, RandomStream& random) {
    const std::size_t start = place(from, random);
    const std::string stretch = from.substr(start, 1 + random.below(std::min<std::size_t>(64, from.size() - start)));
    const std::size_t at = place(bytes, random);
    if (random.chance(0.5))
        bytes.insert(at, stretch);
    else
        bytes.replace(at, stretch.size(), stretch);
}

void damage(std::string& bytes, const std::vector<std::string>& seeds, RandomStream& random) {
    if (bytes.empty()) {
        bytes.push_back(static_cast<char>(random.next()));
        return;
    }
    switch (random.below(8)) {
        case 0:
            bytes[place(bytes, random)] ^= static_cast<char>(1 << random.below(8));
            break;
        case 1:
            bytes[place(bytes, random)] = static_cast<char>(random.next());
            break;
        case 2:
        case 3:
            overwriteNumber(bytes, random);
            break;
        case 4:
            overwriteDecimal(bytes, random);
            break;
        case 5:
            bytes.erase(place(bytes, random), 1 + random.below(32));
            break;
        case 6:
            moveStretch(bytes, seeds[random.below(seeds.size())], random);
            break;
        default:
            if (random.chance(0.3)) bytes.resize(place(bytes, random));
    }
}

}  // namespace

std::string mutated(const std::vector<std::string>& seeds, RandomStream& random) {
    std::string bytes = seeds[random.below(seeds.size())];
    const std::uint64_t count = 1 + random.below(4);
    for (std::uint64_t i = 0; i < count; ++i) damage(bytes, seeds, random);
    return bytes;
}

}  // namespace maskscope::testing
