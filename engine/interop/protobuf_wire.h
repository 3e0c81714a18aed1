#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace maskscope {

/// Writes the fields of one protobuf message (https://protobuf.dev/programming-guides/encoding).
class WireWriter {
public:
    void integer(int field, std::int64_t value);
    void number32(int field, float value);
    void number64(int field, double value);
    /// A text, bytes, or a nested message.
    void bytes(int field, std::string_view value);

    const std::string& message() const { return message_; }

private:
    void tag(int field, int wireType);
    void varint(std::uint64_t value);

    std::string message_;
};

/// One field as it stands in a message.
struct WireField {
    std::uint64_t number = 0;
    int wireType = 0;          // 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes
    std::uint64_t varint = 0;  // of wire type 0
    std::string_view bytes;    // of the other types

    std::int64_t integer() const { return static_cast<std::int64_t>(varint); }
    /// 0 where the field is of another type.
    float number32() const;
    double number64() const;
};

/// Reads the fields of a message one after another.
class WireReader {
public:
    explicit WireReader(std::string_view message) : rest_(message) {}

    /// The next field; none at the end, or where the bytes are no field (then damaged() holds).
    std::optional<WireField> next();
    bool damaged() const { return damaged_; }

private:
    std::optional<std::uint64_t> varint();
    std::optional<std::string_view> take(std::uint64_t count);

    std::string_view rest_;
    bool damaged_ = false;
};

}  // namespace maskscope
