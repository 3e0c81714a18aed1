#include "data/text/text_dataset.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "core/files.h"
#include "core/text.h"
#include "data/file_place.h"
#include "data/file_selection.h"
#include "data/file_store.h"
#include "data/fingerprint.h"
#include "data/text/text_windows.h"
#include "data/text/utf8.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

/// @return empty, or why the bytes are no text, as the end of a message
std::string problemOf(std::string_view bytes) {
    const auto place = [&](std::size_t at) {
        return fmt::format("byte {} (line {})", at, 1 + std::count(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    };
    if (bytes.empty()) return "empty, expected text";
    if (const std::size_t at = bytes.find('\0'); at != std::string_view::npos)
        return fmt::format("{} is NUL, expected text; it is a binary file, or UTF-16: save it as UTF-8", place(at));
    if (const std::size_t at = firstInvalidUtf8(bytes); at != std::string_view::npos)
        return fmt::format("{} is 0x{:02X}, which is not UTF-8; save it as UTF-8", place(at), static_cast<unsigned char>(bytes[at]));
    return bytes.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos ? "nothing but white space, expected text" : "";
}

std::string withPlainBreaks(std::string text) {
    constexpr std::string_view kMark = "\xEF\xBB\xBF";
    if (text.starts_with(kMark)) text.erase(0, kMark.size());
    std::size_t kept = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') text[kept++] = text[i];
    text.resize(kept);
    return text;
}

class TextWindows : public TextDataset {
public:
    TextWindows(std::string path, std::string form, std::size_t windowBytes) : windowBytes_(windowBytes) {
        about_.path = std::move(path);
        about_.form = std::move(form);
    }

    std::int64_t size() const override { return static_cast<std::int64_t>(samples_.size()); }
    std::string sampleName(std::int64_t sample) const override {
        const Sample& found = at(sample);
        return fmt::format("{}#{}", files_[found.file].name, found.number);
    }
    std::int64_t label(std::int64_t sample) const override { return files_[at(sample).file].label; }
    std::string_view text(std::int64_t sample) const override {
        const Sample& found = at(sample);
        return std::string_view(files_[found.file].text).substr(found.begin, found.bytes);
    }

    /// Cuts a text into samples, or reports why there are none in it.
    /// @param fullName  how messages call it
    void add(const std::string& name, const std::string& fullName, std::string bytes, std::int64_t label) {
        if (const std::string problem = problemOf(bytes); !problem.empty()) {
            report({name, fmt::format("{}: {}", fullName, problem)});
            return;
        }
        files_.push_back({name, withPlainBreaks(std::move(bytes)), label});
        const std::string& text = files_.back().text;
        std::size_t number = 0;
        for (const std::string_view window : cutWindows(text, windowBytes_))
            samples_.push_back({files_.size() - 1, number++, static_cast<std::size_t>(window.data() - text.data()), window.size()});
    }

    void setFingerprint(std::string fingerprint) { about_.fingerprint = std::move(fingerprint); }
    void setClasses(std::vector<std::string> names) { about_.classNames = std::move(names); }

    void requireSamples() const {
        if (!samples_.empty()) return;
        const std::vector<DataProblem> found = problems();
        throw DataError(found.size() == 1
                            ? found.front().reason
                            : fmt::format("{}: none of {} texts can be used; the first problem: {}", path(), found.size(), found.front().reason));
    }

private:
    struct File {
        std::string name, text;
        std::int64_t label;
    };
    struct Sample {
        std::size_t file, number, begin, bytes;
    };
    const Sample& at(std::int64_t sample) const { return samples_.at(static_cast<std::size_t>(sample)); }

    std::size_t windowBytes_;
    std::vector<File> files_;
    std::vector<Sample> samples_;
};

void requireMemory(const FileStore& store, const FileSelection& texts) {
    double bytes = 0;
    for (const std::size_t file : texts.files) bytes += static_cast<double>(store.entries()[file].bytes);
    if (const double limit = availableMemory() / 2; bytes > limit)
        throw DataError(fmt::format("{}: {} of text, expected at most {}, half of the memory that is free; take a part of it", store.path(),
                                    byteCount(bytes), byteCount(limit)));
}

std::shared_ptr<TextDataset> openStore(const FileStore& store, const FileSelection& texts, const std::string& form, std::size_t windowBytes,
                                       const OpenOptions& options) {
    requireMemory(store, texts);
    auto dataset = std::make_shared<TextWindows>(store.path(), form, windowBytes);
    for (const std::string& notice : texts.notices) dataset->notify(notice);
    for (const DataProblem& problem : store.problems()) dataset->report(problem);
    std::vector<std::uint64_t> sizes;
    for (std::size_t i = 0; i < texts.files.size(); ++i) {
        if (options.stop.stop_requested()) throw StoppedError(fmt::format("{}: stopped while being opened", store.path()));
        if (options.progress) options.progress(static_cast<std::int64_t>(i), static_cast<std::int64_t>(texts.files.size()));
        sizes.push_back(store.entries()[texts.files[i]].bytes);
        try {
            dataset->add(texts.names[i], store.fullName(texts.files[i]), store.read(texts.files[i]), texts.labels[i]);
        } catch (const Error& error) {
            dataset->report({texts.names[i], error.what()});
        }
    }
    dataset->setClasses(texts.classNames);
    dataset->setFingerprint(fingerprintOf(texts.names, sizes, [&](std::size_t i, std::uint64_t limit) {
        try {
            return store.read(texts.files[i], limit);
        } catch (const Error&) {
            return std::string();  // told above
        }
    }));
    dataset->requireSamples();
    return dataset;
}

std::shared_ptr<TextDataset> openMany(const FileStore& store, const std::string& inner, const std::string& form, std::size_t windowBytes,
                                      const OpenOptions& options) {
    const FileSelection part = selectPart(store, inner), texts = selectTexts(store, part);
    if (texts.files.empty())
        throw DataError(fmt::format("{}: {}, expected a text file, or a folder, .tar or .zip of .txt files", store.path(),
                                    part.files.empty() ? "empty" : fmt::format("{} files, none of which is a .txt file", part.files.size())));
    return openStore(store, texts, form, windowBytes, options);
}

}  // namespace

std::shared_ptr<TextDataset> openTexts(const fs::path& path, std::size_t windowBytes, const OpenOptions& options) {
    const FilePlace place = locateFiles(path);
    if (fs::is_directory(place.file)) return openMany(*openFolder(place.file, options), place.inner, "folder of texts", windowBytes, options);
    const std::string name = place.file.filename().string();
    if (isArchiveName(name)) return openMany(*openArchive(place.file, options), place.inner, "archive of texts", windowBytes, options);
    if (!place.inner.empty())
        throw DataError(fmt::format("{}: a single file, so that there can be no '{}' in it; expected an archive (.tar, .tar.gz, .zip)",
                                    place.file.string(), place.inner));
    const FileSelection one{.files = {0}, .names = {name}, .labels = {-1}, .classNames = {}, .notices = {}};
    return openStore(*openFiles(place.file.parent_path(), {name}), one, "text file", windowBytes, options);
}

bool holdsTexts(const fs::path& path) {
    const FilePlace place = locateFiles(path);
    const bool isFolder = fs::is_directory(place.file);
    if (!isFolder && !isArchiveName(place.file.filename().string())) return place.inner.empty() && place.file.extension() == ".txt";
    const auto store = isFolder ? openFolder(place.file, {}) : openArchive(place.file, {});
    const FileSelection part = selectPart(*store, place.inner);
    return 2 * selectTexts(*store, part).files.size() >= std::max<std::size_t>(1, part.files.size());
}

std::shared_ptr<TextDataset> makeTexts(const std::string& source, std::string text, std::size_t windowBytes) {
    auto dataset = std::make_shared<TextWindows>(source, "text at hand", windowBytes);
    const std::vector<std::string> names{"text"};
    const std::vector<std::uint64_t> sizes{text.size()};
    dataset->setFingerprint(fingerprintOf(names, sizes, [&](std::size_t, std::uint64_t) { return text; }));
    dataset->add(names.front(), source, std::move(text), -1);
    dataset->requireSamples();
    return dataset;
}

const TextDataset& asTexts(const Dataset& dataset) {
    if (const auto* texts = dynamic_cast<const TextDataset*>(&dataset)) return *texts;
    throw DataError(fmt::format("{}: {}, expected texts", dataset.path(), dataset.form()));
}

}  // namespace maskscope
