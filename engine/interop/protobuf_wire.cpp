#include "interop/protobuf_wire.h"

#include <cstring>

namespace maskscope {
namespace {

enum WireType { kVarint = 0, kEightBytes = 1, kBytes = 2, kFourBytes = 5 };

template <typename T>
std::string_view bytesOf(const T& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

template <typename T>
T valueOf(std::string_view bytes) {
    T value{};
    if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

}  // namespace

void WireWriter::varint(std::uint64_t value) {
    for (; value >= 0x80U; value >>= 7U) message_ += static_cast<char>((value & 0x7FU) | 0x80U);
    message_ += static_cast<char>(value);
}

void WireWriter::tag(int field, int wireType) { varint(static_cast<std::uint64_t>(field) << 3U | static_cast<std::uint64_t>(wireType)); }

void WireWriter::integer(int field, std::int64_t value) {
    tag(field, kVarint);
    varint(static_cast<std::uint64_t>(value));
}

void WireWriter::number32(int field, float value) {
    tag(field, kFourBytes);
    message_ += bytesOf(value);
}

void WireWriter::number64(int field, double value) {
    tag(field, kEightBytes);
    message_ += bytesOf(value);
}

void WireWriter::bytes(int field, std::string_view value) {
    tag(field, kBytes);
    varint(value.size());
    message_ += value;
}

float WireField::number32() const { return wireType == kFourBytes ? valueOf<float>(bytes) : 0.0F; }
double WireField::number64() const { return wireType == kEightBytes ? valueOf<double>(bytes) : 0.0; }

std::optional<std::uint64_t> WireReader::varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
        const auto byte = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
        if (byte < 0x80U) return value;
    }
    return std::nullopt;
}

std::optional<std::string_view> WireReader::take(std::uint64_t count) {
    if (count > rest_.size()) return std::nullopt;
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
}

std::optional<WireField> WireReader::next() {
    if (rest_.empty() || damaged_) return std::nullopt;
    damaged_ = true;
    const auto tag = varint();
    if (!tag) return std::nullopt;
    WireField field;
    field.number = *tag >> 3U;
    field.wireType = static_cast<int>(*tag & 7U);
    if (field.wireType == kVarint) {
        const auto value = varint();
        if (!value) return std::nullopt;
        field.varint = *value;
    } else {
        std::optional<std::uint64_t> count;
        if (field.wireType == kEightBytes) count = 8;
        if (field.wireType == kFourBytes) count = 4;
        if (field.wireType == kBytes) count = varint();
        if (!count) return std::nullopt;
        const auto bytes = take(*count);
        if (!bytes) return std::nullopt;
        field.bytes = *bytes;
    }
    damaged_ = false;
    return field;
}

}  // namespace maskscope
