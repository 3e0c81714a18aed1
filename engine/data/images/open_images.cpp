#include <fmt/format.h>

#include "core/files.h"
#include "data/file_place.h"
#include "data/file_selection.h"
#include "data/images/array_readers.h"
#include "data/images/image_dataset.h"
#include "data/images/image_files.h"
#include "media/image_header.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

constexpr const char* kForms = "a folder or .tar/.zip of pictures, CIFAR binaries (.bin), IDX files, .npy/.npz or one picture";

std::shared_ptr<ImageDataset> openStore(std::unique_ptr<FileStore> store, const std::string& inner, const std::string& form,
                                        const OpenOptions& options) {
    const FileSelection part = selectPart(*store, inner);
    FileSelection images = selectImages(*store, part);
    if (!images.files.empty()) return makeImageFiles(std::move(store), std::move(images), form, options);
    for (const auto reader : {readCifar, readIdx})
        if (auto array = reader(*store, part)) {
            auto dataset = makeArrayDataset(std::move(*array));
            for (const DataProblem& problem : store->problems()) dataset->report(problem);
            return dataset;
        }
    throw DataError(fmt::format("{}: {}, expected {}", store->path(),
                                part.files.empty() ? "empty" : fmt::format("{} files, none of which is a picture", part.files.size()), kForms));
}

/// The file first, then the files of labels beside it.
std::optional<ImageArray> readIdxFile(const fs::path& file) {
    FileSelection part{.files = {0}, .names = {file.filename().string()}, .labels = {}, .classNames = {}, .notices = {}};
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    std::error_code code;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, code)) {
        const std::string name = entry.path().filename().string();
        if (name == part.names[0] || name.find("labels") == std::string::npos || !entry.is_regular_file(code)) continue;
        part.files.push_back(part.names.size());
        part.names.push_back(name);
    }
    return readIdx(*openFiles(folder, part.names), part);
}

std::shared_ptr<ImageDataset> openOneFile(const fs::path& file, const OpenOptions& options) {
    const std::string name = file.filename().string();
    if (name.ends_with(".npz")) return makeArrayDataset(readNpz(file, options));
    if (name.ends_with(".npy"))
        if (auto array = readNpy(readFile(file), file.string())) return makeArrayDataset(std::move(*array));
    std::unique_ptr<FileStore> store = openFiles(file.parent_path(), {name});
    FileSelection part{.files = {0}, .names = {name}, .labels = {-1}, .classNames = {}, .notices = {}};
    if (name.ends_with(".bin")) return makeArrayDataset(std::move(*readCifar(*store, part)));
    if (auto array = readIdxFile(file)) return makeArrayDataset(std::move(*array));
    if (!hasImageExtension(name) && !readImageHeader(store->read(0, 1 << 16)).isImage())
        throw DataError(fmt::format("{}: a file of unknown kind, expected {}", file.string(), kForms));
    auto dataset = makeImageFiles(std::move(store), std::move(part), "one picture", options);
    dataset->channels();  // says at once what is wrong with it
    return dataset;
}

}  // namespace

std::shared_ptr<ImageDataset> openImages(const fs::path& path, const OpenOptions& options) {
    const FilePlace place = locateFiles(path);
    if (fs::is_directory(place.file)) return openStore(openFolder(place.file, options), place.inner, "folder of pictures", options);
    if (isArchiveName(place.file.filename().string()))
        return openStore(openArchive(place.file, options), place.inner, "archive of pictures", options);
    if (!place.inner.empty())
        throw DataError(fmt::format("{}: a single file, so that there can be no '{}' in it; expected an archive (.tar, .tar.gz, .zip)",
                                    place.file.string(), place.inner));
    return openOneFile(place.file, options);
}

}  // namespace maskscope
