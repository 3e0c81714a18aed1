#include "data/file_selection.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/text.h"
#include "media/image_header.h"

namespace maskscope {
namespace {

std::string folderOf(const std::string& name) {
    const std::size_t slash = name.rfind('/');
    return slash == std::string::npos ? std::string() : name.substr(0, slash);
}

std::string topOf(const std::string& name) { return name.substr(0, name.find('/')); }

bool hasFolder(const std::string& name) { return name.find('/') != std::string::npos; }

/// Takes off the folders that all names share.
void stripCommonFolders(std::vector<std::string>& names) {
    while (!names.empty()) {
        const std::string top = topOf(names.front());
        if (!std::all_of(names.begin(), names.end(), [&](const std::string& name) { return hasFolder(name) && topOf(name) == top; })) return;
        for (std::string& name : names) name.erase(0, top.size() + 1);
    }
}

bool isJunk(const std::string& name) { return name.starts_with(".") || name.find("/.") != std::string::npos || name.starts_with("__MACOSX/"); }

/// Keeps the members at `places`.
FileSelection kept(const FileSelection& from, const std::vector<std::size_t>& places) {
    FileSelection result;
    result.notices = from.notices;
    for (const std::size_t place : places) {
        result.files.push_back(from.files[place]);
        result.names.push_back(from.names[place]);
    }
    return result;
}

std::vector<std::size_t> placesBelow(const std::vector<std::string>& names, const std::string& folder) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == folder || names[i].starts_with(folder + "/")) places.push_back(i);
    return places;
}

std::vector<std::string> topFolders(const std::vector<std::string>& names) {
    std::set<std::string> tops;
    for (const std::string& name : names)
        if (hasFolder(name)) tops.insert(topOf(name));
    return {tops.begin(), tops.end()};
}

/// The part for training, where the folders say that there is one.
void takeTrainingPart(FileSelection& selection, const char* kind) {
    static const std::set<std::string> kHeldOut{"test", "val", "valid", "validation"};
    std::set<std::string> tops;
    for (const std::string& name : selection.names) tops.insert(hasFolder(name) ? topOf(name) : std::string());
    if (tops.size() < 2 || tops.erase("train") == 0) return;
    if (!std::all_of(tops.begin(), tops.end(), [](const std::string& top) { return kHeldOut.contains(top); })) return;
    const std::size_t before = selection.files.size();
    selection = kept(selection, placesBelow(selection.names, "train"));
    const std::vector<std::string> others(tops.begin(), tops.end());
    selection.notices.push_back(fmt::format("only its folder 'train' is used ({} of {} {}); give {} with --val", selection.files.size(), before, kind,
                                            fmt::format("'.../{}'", join(others, "' or '.../"))));
    for (std::string& name : selection.names) name.erase(0, std::string_view("train/").size());
}

void labelByFolder(FileSelection& selection) {
    std::set<std::string> folders;
    for (const std::string& name : selection.names) folders.insert(folderOf(name));
    folders.erase("");
    selection.labels.assign(selection.names.size(), -1);
    if (folders.size() < 2) return;
    std::map<std::string, std::int64_t> numbers;
    for (const std::string& folder : folders) {
        numbers.emplace(folder, static_cast<std::int64_t>(selection.classNames.size()));
        selection.classNames.push_back(folder);
    }
    for (std::size_t i = 0; i < selection.names.size(); ++i)
        if (const auto found = numbers.find(folderOf(selection.names[i])); found != numbers.end()) selection.labels[i] = found->second;
}

/// @param kind  what the files are called, in the plural
FileSelection selectFiles(const FileStore& store, const FileSelection& part, const std::function<bool(const std::string&)>& takes, const char* kind) {
    std::vector<std::size_t> taken;
    for (std::size_t i = 0; i < part.files.size(); ++i)
        if (takes(store.entries()[part.files[i]].name)) taken.push_back(i);
    FileSelection selection = kept(part, taken);
    if (selection.files.empty()) return selection;
    if (const std::size_t others = part.files.size() - taken.size(); others > 0)
        selection.notices.push_back(fmt::format("{} other file{} beside the {} left aside", others, others == 1 ? "" : "s", kind));
    stripCommonFolders(selection.names);
    takeTrainingPart(selection, kind);
    labelByFolder(selection);
    return selection;
}

}  // namespace

FileSelection selectPart(const FileStore& store, const std::string& inner) {
    FileSelection all;
    for (std::size_t i = 0; i < store.entries().size(); ++i) {
        if (isJunk(store.entries()[i].name)) continue;
        all.files.push_back(i);
        all.names.push_back(store.entries()[i].name);
    }
    const std::string folder = safeName(inner);
    if (!inner.empty() && folder.empty() && safeName(inner + "/x") != "x")
        throw DataError(fmt::format("{}: '{}' leads out of it; name a folder inside", store.path(), inner));
    if (!folder.empty()) {
        std::vector<std::size_t> places = placesBelow(all.names, folder);
        std::vector<std::string> stripped = all.names;
        if (places.empty()) {
            stripCommonFolders(stripped);
            places = placesBelow(stripped, folder);
        }
        if (places.empty()) {
            const std::vector<std::string> folders = topFolders(stripped);
            throw DataError(fmt::format("{}: there is no '{}' in it; {}", store.path(), folder,
                                        folders.empty() ? "it has no folders" : "it has " + join(folders)));
        }
        all = kept(all, places);
    }
    if (all.names.size() > 1)
        stripCommonFolders(all.names);
    else if (!all.names.empty())
        all.names.front().erase(0, folderOf(all.names.front()).size() + (hasFolder(all.names.front()) ? 1 : 0));
    return all;
}

FileSelection selectImages(const FileStore& store, const FileSelection& part) { return selectFiles(store, part, hasImageExtension, "pictures"); }

FileSelection selectTexts(const FileStore& store, const FileSelection& part) {
    const auto isText = [](const std::string& name) { return name.ends_with(".txt") || name.ends_with(".TXT"); };
    return selectFiles(store, part, isText, "texts");
}

}  // namespace maskscope
