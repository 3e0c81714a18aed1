#include <algorithm>

#include <fmt/format.h>

#include "core/text.h"
#include "data/images/array_readers.h"

namespace maskscope {
namespace {

constexpr std::size_t kPixels = 32 * 32, kImageBytes = 3 * kPixels;

/// 30720010 -> "30 720 010"
std::string grouped(std::size_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, " ");
    return text;
}

/// Bytes of a record's labels: 1 for CIFAR-10, 2 for CIFAR-100 (coarse, fine).
std::size_t labelBytes(const std::string& content, const std::string& name) {
    const std::size_t size = content.size();
    for (std::size_t labels : {std::size_t{1}, std::size_t{2}}) {
        const std::size_t record = labels + kImageBytes;
        if (size == 0 || size % record != 0) continue;
        bool plausible = true;
        for (std::size_t at = 0; at < size; at += record)
            plausible = plausible && static_cast<unsigned char>(content[at]) < (labels == 1 ? 10 : 20) &&
                        (labels == 1 || static_cast<unsigned char>(content[at + 1]) < 100);
        if (plausible) return labels;
    }
    const bool fits = size > 0 && (size % (1 + kImageBytes) == 0 || size % (2 + kImageBytes) == 0);
    if (fits) throw DataError(fmt::format("{}: its labels go beyond those of CIFAR-10 and CIFAR-100; the file is damaged, fetch it again", name));
    const bool hundred = name.ends_with("train.bin") || name.ends_with("test.bin");
    throw DataError(fmt::format("{}: {} bytes, expected a multiple of {}; the download is incomplete", name, grouped(size), hundred ? 3074 : 3073));
}

void appendRecords(ImageArray& array, const std::string& content, std::size_t labels, const std::string& fileName) {
    const std::size_t record = labels + kImageBytes;
    for (std::size_t n = 0; n * record < content.size(); ++n) {
        const char* from = content.data() + n * record;
        array.labels.push_back(static_cast<unsigned char>(from[labels - 1]));
        array.names.push_back(fmt::format("{}#{}", fileName, n));
        const std::size_t start = array.values8.size();
        array.values8.resize(start + kImageBytes);
        for (std::size_t c = 0; c < 3; ++c)
            for (std::size_t p = 0; p < kPixels; ++p) array.values8[start + p * 3 + c] = static_cast<std::uint8_t>(from[labels + c * kPixels + p]);
        ++array.count;
    }
}

std::vector<std::string> linesOf(const std::string& text) {
    std::vector<std::string> lines;
    for (std::string& line : split(text, '\n')) {
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
        if (!line.empty()) lines.push_back(std::move(line));
    }
    return lines;
}

std::string baseName(const std::string& name) { return name.substr(name.rfind('/') + 1); }

/// The .bin files, those for training where some say so.
std::vector<std::size_t> binaries(const FileSelection& part, std::vector<std::string>& notices) {
    std::vector<std::size_t> all, training;
    for (std::size_t i = 0; i < part.names.size(); ++i) {
        const std::string name = baseName(part.names[i]);
        if (!name.ends_with(".bin")) continue;
        all.push_back(i);
        if (name.starts_with("data_batch") || name == "train.bin") training.push_back(i);
    }
    if (training.empty() || training.size() == all.size()) return all;
    notices.push_back(fmt::format("only the training binaries are used ({} of {}); give the test binary with --val", training.size(), all.size()));
    return training;
}

}  // namespace

std::optional<ImageArray> readCifar(const FileStore& store, const FileSelection& part) {
    ImageArray array{.path = store.path(), .height = 32, .width = 32, .channels = 3, .notices = part.notices};
    std::size_t labels = 0;
    for (const std::size_t i : binaries(part, array.notices)) {
        const std::string name = store.fullName(part.files[i]), content = store.read(part.files[i]);
        const std::size_t found = labelBytes(content, name);
        if (labels != 0 && labels != found)
            throw DataError(fmt::format("{}: CIFAR-{} beside CIFAR-{} binaries; keep them in folders of their own", name, found == 1 ? 10 : 100,
                                        labels == 1 ? 10 : 100));
        labels = found;
        appendRecords(array, content, labels, part.names[i]);
    }
    if (labels == 0) return std::nullopt;
    array.form = labels == 1 ? "CIFAR-10 binaries" : "CIFAR-100 binaries";
    for (std::size_t i = 0; i < part.names.size(); ++i)
        if (baseName(part.names[i]) == (labels == 1 ? "batches.meta.txt" : "fine_label_names.txt"))
            array.classNames = linesOf(store.read(part.files[i]));
    return array;
}

}  // namespace maskscope
