#include <algorithm>

#include <fmt/format.h>

#include "core/text.h"
#include "data/images/array_readers.h"
#include "media/npy.h"

namespace maskscope {
namespace {

/// Whether a three-sided array is one picture [H, W, C] rather than N grey ones.
bool isOnePicture(const std::vector<std::int64_t>& shape) {
    return shape.size() == 2 || (shape.size() == 3 && (shape[2] == 3 || shape[2] == 4 || shape[2] == 1) && shape[0] > 4 && shape[1] > 4);
}

ImageArray fromArray(const NpyArray& array, const std::string& name) {
    const std::vector<std::int64_t>& shape = array.shape;
    if (shape.size() < 3 || shape.size() > 4 || array.count() == 0)
        throw DataError(fmt::format("{}: shape {}, expected pictures [N, H, W], [N, H, W, C] or [N, C, H, W]", name, array.shapeText()));
    const bool channelsFirst = shape.size() == 4 && shape[1] < shape[3];
    ImageArray result{.path = name, .form = "NumPy array", .count = shape[0]};
    result.height = shape[channelsFirst ? 2 : 1];
    result.width = shape[channelsFirst ? 3 : 2];
    result.channels = shape.size() == 3 ? 1 : shape[channelsFirst ? 1 : 3];
    NpyPixels pixels = npyPixels(array, name);
    if (!pixels.scaling.empty()) result.notices.push_back(pixels.scaling);
    if (channelsFirst) {
        const auto n = static_cast<std::size_t>(result.count), c = static_cast<std::size_t>(result.channels),
                   p = static_cast<std::size_t>(result.height * result.width);
        if (!pixels.values8.empty()) pixels.values8 = channelsLast(pixels.values8, n, c, p);
        if (!pixels.values16.empty()) pixels.values16 = channelsLast(pixels.values16, n, c, p);
    }
    result.values8 = std::move(pixels.values8);
    result.values16 = std::move(pixels.values16);
    return result;
}

std::optional<std::size_t> findMember(const FileStore& store, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names)
        for (std::size_t i = 0; i < store.entries().size(); ++i)
            if (store.entries()[i].name == fmt::format("{}.npy", name)) return i;
    return std::nullopt;
}

}  // namespace

std::optional<ImageArray> readNpy(const std::string& bytes, const std::string& name) {
    const NpyArray array = parseNpy(bytes, name);
    if (isOnePicture(array.shape)) return std::nullopt;
    return fromArray(array, name);
}

ImageArray readNpz(const std::filesystem::path& file, const OpenOptions& options) {
    const std::unique_ptr<FileStore> store = openArchive(file, options);
    const auto images = findMember(*store, {"images", "x", "data", "x_train", "train_images"});
    if (!images) {
        std::vector<std::string> names;
        for (const FileStore::Entry& entry : store->entries()) names.push_back(entry.name);
        throw DataError(fmt::format("{}: holds {}, expected an array 'images', 'x' or 'data' (and 'labels' or 'y'); save it again under such names",
                                    file.string(), join(names)));
    }
    const std::string content = store->read(*images);
    ImageArray array = fromArray(parseNpy(content, store->fullName(*images)), store->fullName(*images));
    array.path = file.string();
    if (const auto labels = findMember(*store, {"labels", "y", "y_train", "train_labels"})) {
        const std::string bytes = store->read(*labels);
        array.labels = npyIntegers(parseNpy(bytes, store->fullName(*labels)), store->fullName(*labels));
    }
    return array;
}

}  // namespace maskscope
