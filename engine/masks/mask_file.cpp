#include "masks/mask_file.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "media/decode.h"
#include "media/npy.h"

namespace maskscope {
namespace {

[[noreturn]] void fail(const std::string& name, const std::string& reason) { throw DataError(fmt::format("{}: {}", name, reason)); }

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\xEF\xBB\xBF"), last = text.find_last_not_of(" \t\r");
    return first == std::string_view::npos ? std::string_view() : text.substr(first, last - first + 1);
}

float maskValue(double value, const std::string& name, const std::string& place) {
    if (!(value >= 0.0 && value <= 1.0)) fail(name, fmt::format("{} holds {}, expected a number in 0..1 (1 = hidden)", place, shortestNumber(value)));
    return static_cast<float>(value);
}

void addRow(MaskPicture& picture, const std::vector<float>& row, const std::string& name, std::size_t line) {
    const auto columns = static_cast<std::int64_t>(row.size());
    if (picture.rows > 0 && columns != picture.columns)
        fail(name, fmt::format("line {} has {} values, expected {} as in the lines before", line, columns, picture.columns));
    picture.columns = columns;
    ++picture.rows;
    picture.hidden.insert(picture.hidden.end(), row.begin(), row.end());
}

/// Characters 0 and 1, with or without blanks between.
std::vector<float> digits(std::string_view text, const std::string& name, std::size_t line) {
    std::vector<float> row;
    for (const char c : text) {
        if (c == ' ' || c == '\t') continue;
        if (c != '0' && c != '1') fail(name, fmt::format("line {} holds '{}', expected only 0 (visible) and 1 (hidden)", line, c));
        row.push_back(c == '1' ? 1.0F : 0.0F);
    }
    return row;
}

std::vector<float> numbers(std::string_view text, const std::string& name, std::size_t line) {
    std::vector<float> row;
    for (const std::string& part : split(text, ',')) {
        const std::string_view word = trimmed(part);
        double value = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
        if (error != std::errc() || end != word.data() + word.size())
            fail(name, fmt::format("line {} holds '{}', expected a number in 0..1", line, word));
        row.push_back(maskValue(value, name, fmt::format("line {}", line)));
    }
    return row;
}

MaskPicture fromText(const std::string& content, const std::string& name, bool commas) {
    MaskPicture picture;
    const std::vector<std::string> lines = split(content, '\n');
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string_view line = trimmed(lines[i]);
        if (!line.empty()) addRow(picture, commas ? numbers(line, name, i + 1) : digits(line, name, i + 1), name, i + 1);
    }
    if (picture.rows == 0) fail(name, "is empty, expected rows of 0 (visible) and 1 (hidden)");
    return picture;
}

template <typename T>
void copyNumbers(std::string_view data, MaskPicture& picture, const std::string& name) {
    const auto count = static_cast<std::size_t>(picture.rows * picture.columns);
    if (data.size() != count * sizeof(T))
        fail(name, fmt::format("{} bytes of values, expected {} for {} x {}", data.size(), count * sizeof(T), picture.rows, picture.columns));
    for (std::size_t i = 0; i < count; ++i) {
        T value{};
        std::memcpy(&value, data.data() + i * sizeof(T), sizeof(T));
        picture.hidden.push_back(maskValue(static_cast<double>(value), name, fmt::format("value {}", i)));
    }
}

MaskPicture fromNpy(const std::string& content, const std::string& name) {
    const NpyArray array = parseNpy(content, name);
    if (array.shape.size() != 2 || array.count() < 1)
        fail(name, fmt::format("has {} dimensions and {} values, expected two dimensions (rows, columns)", array.shape.size(), array.count()));
    MaskPicture picture{array.shape[0], array.shape[1], {}};
    const std::string_view type = array.type;
    if (type == "<f4")
        copyNumbers<float>(array.data, picture, name);
    else if (type == "<f8")
        copyNumbers<double>(array.data, picture, name);
    else if (type == "|u1" || type == "|b1")
        copyNumbers<std::uint8_t>(array.data, picture, name);
    else if (type == "<i4")
        copyNumbers<std::int32_t>(array.data, picture, name);
    else if (type == "<i8")
        copyNumbers<std::int64_t>(array.data, picture, name);
    else
        fail(name, fmt::format("holds values of type {}, expected bool, uint8, int32, int64, float32 or float64", type));
    return picture;
}

/// The mean of the channels as a share of white.
MaskPicture fromImage(const DecodedImage& image) {
    MaskPicture picture{image.height(), image.width(), {}};
    const auto channels = static_cast<std::size_t>(image.channels());
    const double white = static_cast<double>(channels) * (image.bits() == 16 ? 65535.0 : 255.0);
    picture.hidden.reserve(image.values() / channels);
    for (std::size_t first = 0; first < image.values(); first += channels) {
        std::uint64_t sum = 0;
        for (std::size_t i = first; i < first + channels; ++i) sum += image.bits() == 16 ? image.pixels16()[i] : image.pixels8()[i];
        picture.hidden.push_back(static_cast<float>(static_cast<double>(sum) / white));
    }
    return picture;
}

}  // namespace

MaskPicture MaskPicture::resized(std::int64_t newRows, std::int64_t newColumns) const {
    MaskPicture result{newRows, newColumns, std::vector<float>(static_cast<std::size_t>(newRows * newColumns))};
    // Pixel r covers [r, r + 1) * newRows / rows of the new rows; in units of 1 / rows all bounds are whole numbers.
    const auto overlap = [](std::int64_t source, std::int64_t sources, std::int64_t cell, std::int64_t cells) {
        return std::max<std::int64_t>(0, std::min((source + 1) * cells, (cell + 1) * sources) - std::max(source * cells, cell * sources));
    };
    for (std::int64_t row = 0; row < newRows; ++row)
        for (std::int64_t column = 0; column < newColumns; ++column) {
            double sum = 0;
            for (std::int64_t r = row * rows / newRows; r < rows && r * newRows < (row + 1) * rows; ++r)
                for (std::int64_t c = column * columns / newColumns; c < columns && c * newColumns < (column + 1) * columns; ++c)
                    sum += static_cast<double>(overlap(r, rows, row, newRows) * overlap(c, columns, column, newColumns)) *
                           static_cast<double>(hidden[static_cast<std::size_t>(r * columns + c)]);
            result.hidden[static_cast<std::size_t>(row * newColumns + column)] = static_cast<float>(sum / static_cast<double>(rows * columns));
        }
    return result;
}

MaskPicture readMaskPicture(const std::filesystem::path& file) {
    const std::string name = file.string();
    std::string extension = file.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::string content = readFile(file);
    if (extension == ".txt") return fromText(content, name, false);
    if (extension == ".csv") return fromText(content, name, true);
    if (extension == ".npy") return fromNpy(content, name);
    return fromImage(decodeImage(content, name));
}

}  // namespace maskscope
