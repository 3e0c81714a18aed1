#include "interop/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <set>
#include <tuple>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/TensorOptions.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"
#include "interop/mapped_file.h"
#include "interop/safetensors_dtype.h"

namespace maskscope {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

using Json = nlohmann::json;
using Entry = SafetensorsFile::Entry;

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // as in the reference implementation
constexpr std::size_t kMaxDimensions = 64;
constexpr int kMaxDepth = 3;  // header, tensor, shape

/// Checks a header and turns it into entries. `file` is for messages.
class HeaderReader {
public:
    HeaderReader(const MappedFile& map) : map_(map) {}

    [[noreturn]] void fail(const std::string& problem) const {
        throw DataError(fmt::format("{}: {}; the file is damaged, incomplete or no safetensors file", map_.path().string(), problem));
    }

    Json parse() {
        if (map_.size() < kLengthBytes) fail(fmt::format("{} bytes, expected a header length of 8 bytes", map_.size()));
        std::uint64_t length = 0;
        std::memcpy(&length, map_.data(), kLengthBytes);
        if (length > kMaxHeaderBytes) fail(fmt::format("a header of {} bytes, expected at most {}", length, kMaxHeaderBytes));
        if (length > map_.size() - kLengthBytes)
            fail(fmt::format("a header of {} bytes, but the file ends {} bytes after its length", length, map_.size() - kLengthBytes));
        const auto* text = reinterpret_cast<const char*>(map_.data()) + kLengthBytes;
        if (length == 0 || text[0] != '{') fail("the header does not begin with '{'");
        dataBegin_ = kLengthBytes + length;
        Json header;
        try {
            header = Json::parse(text, text + length,
                                 [this](int depth, Json::parse_event_t event, Json& parsed) { return checkEvent(depth, event, parsed); });
        } catch (const Json::exception& error) {
            fail(fmt::format("the header is not JSON ({})", error.what()));
        }
        return header;
    }

    Entry entry(const std::string& name, const Json& info) const {
        if (!info.is_object()) fail(fmt::format("tensor '{}' is described by {}, expected an object", name, info.type_name()));
        for (const char* key : {"dtype", "shape", "data_offsets"})
            if (!info.contains(key)) fail(fmt::format("tensor '{}' has no {}", name, key));
        if (!info["dtype"].is_string()) fail(fmt::format("the dtype of tensor '{}' is {}, expected a text", name, info["dtype"].type_name()));
        const auto word = info["dtype"].get<std::string>();
        const auto dtype = dtypeOfWord(word);
        if (!dtype)
            throw DataError(
                fmt::format("{}: tensor '{}' has dtype '{}', which is not supported; convert it to F32", map_.path().string(), name, word));
        Entry entry{name, *dtype, shape(name, info["shape"]), 0, 0};
        readOffsets(entry, info["data_offsets"]);
        return entry;
    }

    /// Every byte after the header belongs to one tensor. `entries` is sorted by place.
    void checkCoverage(const std::vector<Entry>& entries) const {
        std::uint64_t place = dataBegin_;
        for (const Entry& entry : entries) {
            if (entry.begin != place)
                fail(fmt::format("tensor '{}' begins at byte {} of the data, expected {} ({})", entry.name, entry.begin - dataBegin_,
                                 place - dataBegin_, entry.begin < place ? "it overlaps another one" : "there is a gap before it"));
            place = entry.end;
        }
        if (place != map_.size())
            fail(fmt::format("the tensors end at byte {} of the data, but the file holds {} bytes of it", place - dataBegin_,
                             map_.size() - dataBegin_));
    }

private:
    bool checkEvent(int depth, Json::parse_event_t event, const Json& parsed) {
        if (depth > kMaxDepth) fail("the header is nested too deeply");
        if (event == Json::parse_event_t::key) {
            if (depth == 1) {
                keys_.clear();
                if (!names_.insert(parsed.get<std::string>()).second) fail(fmt::format("'{}' appears twice", parsed.get<std::string>()));
            } else if (!keys_.insert(parsed.get<std::string>()).second) {
                fail(fmt::format("the key '{}' of a tensor appears twice", parsed.get<std::string>()));
            }
        }
        return true;
    }

    std::vector<std::int64_t> shape(const std::string& name, const Json& sizes) const {
        if (!sizes.is_array() || sizes.size() > kMaxDimensions)
            fail(fmt::format("the shape of tensor '{}' is not a list of at most {} sizes", name, kMaxDimensions));
        std::vector<std::int64_t> shape;
        std::int64_t volume = 1;  // of the sizes that are not 0, since strides are made of them
        for (const Json& size : sizes) {
            if (!size.is_number_unsigned() || size.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
                fail(fmt::format("the shape of tensor '{}' has the size {}, expected a whole number >= 0", name, size.dump()));
            shape.push_back(size.get<std::int64_t>());
            if (shape.back() != 0 && __builtin_mul_overflow(volume, shape.back(), &volume))
                fail(fmt::format("the shape of tensor '{}' has more elements than a number can count", name));
        }
        return shape;
    }

    void readOffsets(Entry& entry, const Json& offsets) const {
        if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned())
            fail(fmt::format("the data_offsets of tensor '{}' are {}, expected [begin, end]", entry.name, offsets.dump().substr(0, 80)));
        const auto begin = offsets[0].get<std::uint64_t>(), end = offsets[1].get<std::uint64_t>();
        const std::uint64_t dataBytes = map_.size() - dataBegin_;
        if (begin > end || end > dataBytes)
            fail(fmt::format("tensor '{}' lies at bytes {} to {} of the data, which has {} bytes", entry.name, begin, end, dataBytes));
        std::uint64_t expected = c10::elementSize(entry.dtype);
        for (const std::int64_t size : entry.shape)
            if (__builtin_mul_overflow(expected, static_cast<std::uint64_t>(size), &expected))
                fail(fmt::format("tensor '{}' is too large", entry.name));
        if (end - begin != expected)
            fail(fmt::format("tensor '{}' has {} bytes, expected {} for its dtype and shape", entry.name, end - begin, expected));
        entry.begin = dataBegin_ + begin;
        entry.end = dataBegin_ + end;
    }

    const MappedFile& map_;
    std::uint64_t dataBegin_ = 0;
    std::set<std::string> names_, keys_;
};

std::map<std::string, std::string> readMetadata(const HeaderReader& reader, const Json& metadata) {
    std::map<std::string, std::string> result;
    if (!metadata.is_object()) reader.fail("'__metadata__' is not an object");
    for (const auto& [key, value] : metadata.items()) {
        if (!value.is_string()) reader.fail(fmt::format("'{}' in '__metadata__' is not a text", key));
        result[key] = value.get<std::string>();
    }
    return result;
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& file) : map_(std::make_shared<const MappedFile>(file)) {
    HeaderReader reader(*map_);
    const Json header = reader.parse();
    std::vector<Entry> entries;
    for (const auto& [name, info] : header.items()) {
        if (name == "__metadata__")
            metadata_ = readMetadata(reader, info);
        else
            entries.push_back(reader.entry(name, info));
    }
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name); });
    reader.checkCoverage(entries);
    for (Entry& entry : entries) {
        names_.push_back(entry.name);
        entries_.emplace(entry.name, std::move(entry));
    }
}

const std::filesystem::path& SafetensorsFile::path() const { return map_->path(); }

const SafetensorsFile::Entry& SafetensorsFile::entry(std::string_view name) const {
    const auto place = entries_.find(name);
    if (place == entries_.end())
        throw DataError(fmt::format("{}: there is no tensor '{}' among its {}{}", path().string(), name, names_.size(), suggestion(name, names_)));
    return place->second;
}

at::Tensor SafetensorsFile::tensor(std::string_view name) const {
    const Entry& found = entry(name);
    at::Tensor copy = at::empty(found.shape, at::TensorOptions().dtype(found.dtype));
    auto* target = static_cast<std::uint8_t*>(copy.data_ptr());
    const std::size_t bytes = found.end - found.begin;
    if (bytes > 0) std::memcpy(target, map_->data() + found.begin, bytes);
    // A bool that is neither 0 nor 1 would be undefined behaviour.
    if (found.dtype == c10::ScalarType::Bool)
        std::transform(target, target + bytes, target, [](std::uint8_t value) { return static_cast<std::uint8_t>(value != 0); });
    return copy;
}

at::Tensor SafetensorsFile::view(std::string_view name) const {
    const Entry& found = entry(name);
    const bool aligned = found.begin % c10::elementSize(found.dtype) == 0;
    if (found.begin == found.end || !aligned || found.dtype == c10::ScalarType::Bool) return tensor(name);
    return at::from_blob(
        map_->data() + found.begin, found.shape, [keep = map_](void*) {}, at::TensorOptions().dtype(found.dtype));
}

}  // namespace maskscope
