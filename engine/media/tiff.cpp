#include "media/tiff.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "core/error.h"

namespace maskscope {
namespace {

class TiffReader {
public:
    explicit TiffReader(std::string_view bytes) : bytes_(bytes), bigEndian_(!bytes.empty() && bytes[0] == 'M') {}

    bool bigEndian() const { return bigEndian_; }

    /// `width` bytes as an unsigned number; 0 beyond the end.
    std::uint64_t number(std::uint64_t at, std::uint64_t width) const {
        if (at > bytes_.size() || width > bytes_.size() - at) return 0;
        std::uint64_t value = 0;
        for (std::uint64_t i = 0; i < width; ++i) value = value << 8 | static_cast<unsigned char>(bytes_[at + (bigEndian_ ? i : width - 1 - i)]);
        return value;
    }

    /// The values of the 12-byte field at `at` (types BYTE, SHORT, LONG).
    std::vector<std::int64_t> values(std::uint64_t at) const {
        const std::uint64_t type = number(at + 2, 2), count = number(at + 4, 4);
        const std::uint64_t width = type == 1 ? 1 : type == 3 ? 2 : type == 4 ? 4 : 0;
        if (width == 0 || count > bytes_.size()) return {};
        const std::uint64_t start = width * count <= 4 ? at + 8 : number(at + 8, 4);
        std::vector<std::int64_t> result(count);
        for (std::uint64_t i = 0; i < count; ++i) result[i] = static_cast<std::int64_t>(number(start + i * width, width));
        return result;
    }

private:
    std::string_view bytes_;
    bool bigEndian_;
};

void setTag(TiffTags& tags, std::uint64_t tag, const std::vector<std::int64_t>& values) {
    switch (tag) {
        case 256:
            tags.width = values.front();
            break;
        case 257:
            tags.height = values.front();
            break;
        case 258:
            tags.bits = values.front();
            break;
        case 259:
            tags.compression = values.front();
            break;
        case 273:
            tags.stripOffsets = values;
            break;
        case 274:
            tags.orientation = values.front();
            break;
        case 277:
            tags.samples = values.front();
            break;
        case 279:
            tags.stripBytes = values;
            break;
        case 284:
            tags.planar = values.front();
            break;
        case 338:
            tags.alpha = values.back() == 1 || values.back() == 2;
            break;
        case 339:
            tags.sampleFormat = values.front();
            break;
        default:
            break;
    }
}

/// All strips one after the other.
std::string stripData(std::string_view bytes, const TiffTags& tags) {
    std::string data;
    for (std::size_t i = 0; i < std::min(tags.stripOffsets.size(), tags.stripBytes.size()); ++i)
        data += bytes.substr(static_cast<std::size_t>(tags.stripOffsets[i]), static_cast<std::size_t>(tags.stripBytes[i]));
    return data;
}

template <typename T>
std::vector<T> interleaved(const std::string& data, const TiffTags& tags) {
    const auto pixels = static_cast<std::size_t>(tags.width * tags.height), channels = static_cast<std::size_t>(tags.samples);
    std::vector<T> result(pixels * channels);
    for (std::size_t pixel = 0; pixel < pixels; ++pixel)
        for (std::size_t c = 0; c < channels; ++c) {
            const std::size_t from = (tags.planar == 2 ? c * pixels + pixel : pixel * channels + c) * sizeof(T);
            unsigned value = 0;
            for (std::size_t i = 0; i < sizeof(T); ++i)
                value = value << 8 | static_cast<unsigned char>(data[from + (tags.bigEndian ? i : sizeof(T) - 1 - i)]);
            result[pixel * channels + c] = static_cast<T>(value);
        }
    return result;
}

}  // namespace

TiffTags readTiffTags(std::string_view bytes) {
    const TiffReader reader(bytes);
    TiffTags tags;
    tags.bigEndian = reader.bigEndian();
    const std::uint64_t directory = reader.number(4, 4), fields = directory == 0 ? 0 : reader.number(directory, 2);
    for (std::uint64_t field = 0; field < fields; ++field) {
        const std::uint64_t at = directory + 2 + 12 * field;
        const std::vector<std::int64_t> values = reader.values(at);
        if (!values.empty()) setTag(tags, reader.number(at, 2), values);
    }
    return tags;
}

std::string tiffDamage(std::string_view bytes) {
    const TiffTags tags = readTiffTags(bytes);
    if (tags.width == 0 || tags.height == 0) return "its TIFF directory is missing or empty";
    for (std::size_t i = 0; i < std::min(tags.stripOffsets.size(), tags.stripBytes.size()); ++i)
        if (tags.stripOffsets[i] + tags.stripBytes[i] > static_cast<std::int64_t>(bytes.size()))
            return fmt::format("its pixels reach to byte {}, the file has {}", tags.stripOffsets[i] + tags.stripBytes[i], bytes.size());
    return {};
}

DecodedImage decodeManyChannelTiff(std::string_view bytes, const TiffTags& tags, const std::string& name) {
    const bool plain = tags.compression == 1 && tags.sampleFormat == 1 && (tags.bits == 8 || tags.bits == 16) && !tags.stripOffsets.empty();
    if (!plain)
        throw DataError(
            fmt::format("{}: a TIFF of {} channels with compression {}, {} bits and {}; such pictures are read uncompressed, "
                        "unsigned, 8 or 16 bits and in strips: save it again or use .npy",
                        name, tags.samples, tags.compression, tags.bits, tags.stripOffsets.empty() ? "tiles" : "strips"));
    const std::string data = stripData(bytes, tags);
    const std::int64_t expected = tags.width * tags.height * tags.samples * tags.bits / 8;
    if (static_cast<std::int64_t>(data.size()) < expected)
        throw DataError(fmt::format("{}: {} bytes of pixels, expected {}; the file is incomplete", name, data.size(), expected));
    const int width = static_cast<int>(tags.width), height = static_cast<int>(tags.height), channels = static_cast<int>(tags.samples);
    if (tags.bits == 8) return {width, height, channels, interleaved<std::uint8_t>(data, tags)};
    return {width, height, channels, interleaved<std::uint16_t>(data, tags)};
}

}  // namespace maskscope
