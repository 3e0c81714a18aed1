#pragma once

#include <cstdint>
#include <string_view>

namespace maskscope {

/// CRC-32C (Castagnoli polynomial, as in iSCSI and TFRecord files).
std::uint32_t crc32c(std::string_view bytes);

/// The masked form that TFRecord files store: rotated right by 15 bits, plus a constant.
std::uint32_t maskedCrc32c(std::string_view bytes);

}  // namespace maskscope
