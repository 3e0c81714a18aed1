#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "data/fingerprint.h"
#include "data/graphs/graph_readers.h"

namespace maskscope {
namespace {

constexpr std::array<std::string_view, 3> kCsvFiles{"nodes.csv", "edges.csv", "labels.csv"};
constexpr std::array<std::string_view, 7> kTuEndings{"_A.txt",           "_graph_indicator.txt", "_graph_labels.txt",   "_node_labels.txt",
                                                     "_edge_labels.txt", "_node_attributes.txt", "_edge_attributes.txt"};

}  // namespace

bool isGraphFile(const std::string& name) {
    return std::find(kCsvFiles.begin(), kCsvFiles.end(), name) != kCsvFiles.end() ||
           std::any_of(kTuEndings.begin(), kTuEndings.end(), [&](std::string_view ending) { return name.ends_with(ending); });
}

std::string GraphFiles::read(const std::string& name) const {
    const auto found = entries.find(name);
    if (found == entries.end()) throw DataError(fmt::format("{}: there is no {}; put it beside the other files", path, name));
    std::string text = store.read(found->second);
    if (text.find_first_not_of(" \t\r\n") == std::string::npos)
        throw DataError(fmt::format("{}/{}: the file is empty; expected one line for each row", path, name));
    return text;
}

std::string GraphFiles::fingerprint() const {
    std::vector<std::string> names;
    std::vector<std::uint64_t> sizes;
    std::vector<std::size_t> places;
    for (const auto& [name, entry] : entries) {
        if (!isGraphFile(name)) continue;
        names.push_back(name);
        sizes.push_back(store.entries()[entry].bytes);
        places.push_back(entry);
    }
    return fingerprintOf(names, sizes, [&](std::size_t i, std::uint64_t limit) { return store.read(places[i], limit); });
}

}  // namespace maskscope
