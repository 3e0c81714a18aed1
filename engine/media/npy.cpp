#include "media/npy.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "core/error.h"

namespace maskscope {
namespace {

/// What stands behind 'key': in the header, which is the text of a Python dictionary.
std::string_view headerField(std::string_view header, std::string_view key) {
    const std::size_t place = header.find(fmt::format("'{}':", key));
    if (place == std::string_view::npos) return {};
    std::string_view rest = header.substr(place + key.size() + 3);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    return rest;
}

std::vector<std::int64_t> parseShape(std::string_view field) {
    std::vector<std::int64_t> shape;
    std::int64_t side = -1;
    for (const char c : field.substr(0, field.find(')') + 1)) {
        if (c >= '0' && c <= '9') {
            side = std::min<std::int64_t>((side < 0 ? 0 : side) * 10 + (c - '0'), std::int64_t{1} << 40);
        } else if (side >= 0) {
            shape.push_back(side);
            side = -1;
        }
    }
    return shape;
}

std::size_t itemBytes(const std::string& type) { return type.size() == 3 ? static_cast<std::size_t>(type[2] - '0') : 0; }

template <typename T>
T item(std::string_view data, std::size_t index) {
    T value;
    std::memcpy(&value, data.data() + index * sizeof(T), sizeof(T));
    return value;
}

template <typename T>
std::vector<T> items(const NpyArray& array) {
    std::vector<T> values(static_cast<std::size_t>(array.count()));
    std::memcpy(values.data(), array.data.data(), values.size() * sizeof(T));
    return values;
}

struct Scaling {
    double low, high;
    const char* words;
};

Scaling scalingFor(double low, double high) {
    if (low >= 0 && high <= 1) return {0, 1, "floats taken as 0..1"};
    if (low >= -1 && high <= 1) return {-1, 1, "floats taken as -1..1"};
    if (low >= 0 && high <= 255) return {0, 255, "floats taken as 0..255"};
    return {low, high, "floats scaled by their own range"};
}

template <typename T>
NpyPixels floatPixels(const NpyArray& array, const std::string& name) {
    const auto count = static_cast<std::size_t>(array.count());
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (std::size_t i = 0; i < count; ++i) {
        const double value = static_cast<double>(item<T>(array.data, i));
        if (!std::isfinite(value)) throw DataError(fmt::format("{}: value {} is {}, expected finite numbers", name, i, value));
        low = std::min(low, value);
        high = std::max(high, value);
    }
    const Scaling scaling = scalingFor(low, high);
    const double factor = scaling.high > scaling.low ? 65535.0 / (scaling.high - scaling.low) : 0.0;
    NpyPixels pixels;
    pixels.scaling = scaling.words;
    pixels.values16.resize(count);
    for (std::size_t i = 0; i < count; ++i)
        pixels.values16[i] = static_cast<std::uint16_t>(std::lround((static_cast<double>(item<T>(array.data, i)) - scaling.low) * factor));
    return pixels;
}

}  // namespace

std::int64_t NpyArray::count() const {
    std::int64_t count = 1;
    for (const std::int64_t side : shape) {
        if (side > 0 && count > (std::int64_t{1} << 50) / side) return std::int64_t{1} << 50;  // no file is so large
        count *= side;
    }
    return count;
}

std::string NpyArray::shapeText() const {
    std::string text;
    for (const std::int64_t side : shape) text += fmt::format("{}{}", text.empty() ? "" : ", ", side);
    return "[" + text + "]";
}

NpyArray parseNpy(std::string_view bytes, const std::string& name) {
    if (bytes.substr(0, kNpySignature.size()) != kNpySignature || bytes.size() < 12)
        throw DataError(fmt::format("{}: not a .npy array; write it with numpy.save", name));
    const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at])); };
    const bool first = byte(6) == 1;
    const std::size_t start = first ? 10 : 12;
    const std::size_t size = first ? byte(8) | byte(9) << 8 : byte(8) | byte(9) << 8 | byte(10) << 16 | byte(11) << 24;
    if (size > bytes.size() - start) throw DataError(fmt::format("{}: ends inside its header; the file is incomplete", name));
    const std::string_view header = bytes.substr(start, size);
    const std::string_view type = headerField(header, "descr");
    NpyArray array;
    if (type.size() > 4 && type[0] == '\'') array.type = std::string(type.substr(1, type.find('\'', 1) - 1));
    array.shape = parseShape(headerField(header, "shape"));
    array.data = bytes.substr(start + size);
    const std::size_t width = itemBytes(array.type);
    if (width == 0 || std::string_view("uifb").find(array.type[1]) == std::string_view::npos)
        throw DataError(fmt::format("{}: values of type '{}', expected numbers (uint8, uint16, float32, float64)", name, array.type));
    if (array.type[0] == '>' || (headerField(header, "fortran_order").substr(0, 4) == "True" && array.shape.size() > 1))
        throw DataError(fmt::format("{}: {}; save numpy.ascontiguousarray(x) in little-endian order", name,
                                    array.type[0] == '>' ? "big-endian values" : "Fortran order"));
    if (array.data.size() / width < static_cast<std::size_t>(array.count()))
        throw DataError(
            fmt::format("{}: {} bytes of values, expected {} of {} bytes; the file is incomplete", name, array.data.size(), array.count(), width));
    return array;
}

NpyPixels npyPixels(const NpyArray& array, const std::string& name) {
    const std::string kind = array.type.substr(1);
    if (kind == "u1") return {items<std::uint8_t>(array), {}, {}};
    if (kind == "u2") return {{}, items<std::uint16_t>(array), {}};
    if (kind == "f4") return floatPixels<float>(array, name);
    if (kind == "f8") return floatPixels<double>(array, name);
    throw DataError(fmt::format("{}: pixels of type '{}', expected uint8, uint16, float32 or float64", name, array.type));
}

std::vector<std::int64_t> npyIntegers(const NpyArray& array, const std::string& name) {
    const std::string kind = array.type.substr(1);
    std::vector<std::int64_t> result(static_cast<std::size_t>(array.count()));
    const auto fill = [&]<typename T>(T) {
        for (std::size_t i = 0; i < result.size(); ++i) result[i] = static_cast<std::int64_t>(item<T>(array.data, i));
    };
    if (kind == "u1" || kind == "b1")
        fill(std::uint8_t{});
    else if (kind == "i1")
        fill(std::int8_t{});
    else if (kind == "u2")
        fill(std::uint16_t{});
    else if (kind == "i2")
        fill(std::int16_t{});
    else if (kind == "u4")
        fill(std::uint32_t{});
    else if (kind == "i4")
        fill(std::int32_t{});
    else if (kind == "u8")
        fill(std::uint64_t{});
    else if (kind == "i8")
        fill(std::int64_t{});
    else
        throw DataError(fmt::format("{}: labels of type '{}', expected whole numbers", name, array.type));
    return result;
}

DecodedImage decodeNpyImage(std::string_view bytes, const std::string& name) {
    const NpyArray array = parseNpy(bytes, name);
    const std::vector<std::int64_t>& shape = array.shape;
    const std::int64_t limit = std::int64_t{1} << 28;
    if (shape.size() < 2 || shape.size() > 3 || array.count() == 0 || array.count() > 4 * limit)
        throw DataError(fmt::format("{}: shape {}, expected one picture [H, W], [H, W, C] or [C, H, W]", name, array.shapeText()));
    const bool channelsFirst = shape.size() == 3 && shape[0] < shape[2];
    const std::int64_t channels = shape.size() == 2 ? 1 : channelsFirst ? shape[0] : shape[2];
    const int height = static_cast<int>(shape[channelsFirst ? 1 : 0]), width = static_cast<int>(shape[channelsFirst ? 2 : 1]);
    NpyPixels pixels = npyPixels(array, name);
    if (channelsFirst) {
        const auto c = static_cast<std::size_t>(channels), p = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
        if (!pixels.values8.empty()) pixels.values8 = channelsLast(pixels.values8, 1, c, p);
        if (!pixels.values16.empty()) pixels.values16 = channelsLast(pixels.values16, 1, c, p);
    }
    if (!pixels.values8.empty()) return {width, height, static_cast<int>(channels), std::move(pixels.values8)};
    return {width, height, static_cast<int>(channels), std::move(pixels.values16)};
}

}  // namespace maskscope
