#include <algorithm>

#include <fmt/format.h>

#include "data/images/array_readers.h"

namespace maskscope {
namespace {

std::int64_t big(const std::string& bytes, std::size_t at) {
    std::int64_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

struct Idx {
    std::vector<std::int64_t> shape;
    std::string bytes;
    std::size_t start = 0;  // of the values
};

bool isIdx(const std::string& bytes) {
    return bytes.size() >= 8 && bytes[0] == 0 && bytes[1] == 0 && bytes[2] == 8 && bytes[3] >= 1 && bytes[3] <= 4;
}

/// @throws DataError if it is no IDX file of bytes, or cut off
Idx parseIdx(std::string packed, const std::string& name) {
    Idx idx{.shape = {}, .bytes = gunzipped(std::move(packed), name)};
    if (!isIdx(idx.bytes)) throw DataError(fmt::format("{}: not an IDX file of unsigned bytes; expected one as MNIST ships", name));
    const auto sides = static_cast<std::size_t>(idx.bytes[3]);
    idx.start = 4 + 4 * sides;
    std::int64_t expected = 1;
    for (std::size_t i = 0; i < sides && 8 + 4 * i <= idx.bytes.size(); ++i) {
        idx.shape.push_back(big(idx.bytes, 4 + 4 * i));
        expected = std::min<std::int64_t>(expected, std::int64_t{1} << 30) * idx.shape.back();
    }
    const auto found = static_cast<std::int64_t>(idx.bytes.size() - std::min(idx.start, idx.bytes.size()));
    if (idx.shape.size() < sides || found < expected)
        throw DataError(fmt::format("{}: {} bytes of values, its header announces {}; the download is incomplete", name, found, expected));
    return idx;
}

/// "train-images-idx3-ubyte.gz" -> "train-labels-idx1-ubyte"; empty where the name does not say images.
std::string labelsNameOf(std::string name) {
    if (name.ends_with(".gz")) name.erase(name.size() - 3);
    const std::size_t images = name.rfind("images");
    if (images == std::string::npos) return {};
    name.replace(images, 6, "labels");
    for (const char* kind : {"idx3", "idx4"})
        if (const std::size_t place = name.rfind(kind); place != std::string::npos) name.replace(place, 4, "idx1");
    return name;
}

std::optional<std::size_t> findName(const FileSelection& part, const std::string& name) {
    for (const std::string& candidate : {name, name + ".gz"})
        for (std::size_t i = 0; i < part.names.size(); ++i)
            if (!name.empty() && part.names[i] == candidate) return i;
    return std::nullopt;
}

/// Files that are IDX pictures by name or, of the first file, by content, those for training first.
std::vector<std::size_t> pictureFiles(const FileStore& store, const FileSelection& part) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < part.names.size(); ++i)
        if (part.names[i].find("images") != std::string::npos && part.names[i].find("idx") != std::string::npos) found.push_back(i);
    std::stable_partition(found.begin(), found.end(), [&](std::size_t i) { return part.names[i].find("train") != std::string::npos; });
    if (found.empty() && !part.files.empty()) {
        const std::string start = store.read(part.files[0], 1 << 16), &name = part.names[0];
        const bool packed = start.starts_with("\x1f\x8b");
        if (packed ? name.find("ubyte") != std::string::npos || name.find("idx") != std::string::npos : isIdx(start)) found.push_back(0);
    }
    return found;
}

}  // namespace

std::optional<ImageArray> readIdx(const FileStore& store, const FileSelection& part) {
    const std::vector<std::size_t> pictures = pictureFiles(store, part);
    if (pictures.empty()) return std::nullopt;
    const std::size_t chosen = pictures.front();
    const std::string name = store.fullName(part.files[chosen]);
    Idx idx = parseIdx(store.read(part.files[chosen]), name);
    if (idx.shape.size() < 3)
        throw DataError(fmt::format("{}: an IDX file of {} dimensions, expected pictures [N, H, W]; name the images file", name, idx.shape.size()));
    ImageArray array{.path = name,
                     .form = "IDX",
                     .count = idx.shape[0],
                     .height = idx.shape[1],
                     .width = idx.shape[2],
                     .channels = idx.shape.size() > 3 ? idx.shape[3] : 1,
                     .notices = part.notices};
    const auto values = static_cast<std::ptrdiff_t>(array.count * array.height * array.width * array.channels);
    const auto first = idx.bytes.begin() + static_cast<std::ptrdiff_t>(idx.start);
    array.values8.assign(first, first + values);
    if (const auto labels = findName(part, labelsNameOf(part.names[chosen]))) {
        const Idx found = parseIdx(store.read(part.files[*labels]), store.fullName(part.files[*labels]));
        for (std::int64_t i = 0; i < found.shape[0]; ++i)
            array.labels.push_back(static_cast<unsigned char>(found.bytes[found.start + static_cast<std::size_t>(i)]));
    } else {
        array.notices.push_back(fmt::format("no file of labels beside {}", part.names[chosen]));
    }
    if (pictures.size() > 1) array.notices.push_back(fmt::format("only {} is used; give {} with --val", part.names[chosen], part.names[pictures[1]]));
    return array;
}

}  // namespace maskscope
