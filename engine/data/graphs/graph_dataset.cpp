#include "data/graphs/graph_dataset.h"

#include <algorithm>

#include <fmt/format.h>

#include "data/file_place.h"
#include "data/file_selection.h"
#include "data/file_store.h"
#include "data/graphs/graph_readers.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

constexpr std::int32_t kDegreeKinds = 16;  // the last one stands for all that is above, too

/// Gives nodes that carry nothing their degree, as Xu et al. (GIN, ICLR 2019, Sec. 7) do for graphs without node features.
void addDegrees(GraphSet& set) {
    for (std::int32_t degree = 0; degree < kDegreeKinds; ++degree)
        set.attributes.nodeKinds.push_back(fmt::format("degree {}{}", degree, degree + 1 == kDegreeKinds ? "+" : ""));
    for (Graph& graph : set.graphs) {
        graph.nodeKinds.assign(static_cast<std::size_t>(graph.nodes), 0);
        for (const GraphEdge& edge : graph.edges)
            for (const std::int32_t end : {edge.from, edge.to}) {
                std::int32_t& degree = graph.nodeKinds[static_cast<std::size_t>(end)];
                degree = std::min(degree + 1, kDegreeKinds - 1);
            }
    }
    set.notices.emplace_back("nodes carry no attributes, so their degree serves as their kind; a hidden degree can be counted from the edges");
}

/// The folder inside the part that holds the files: itself, or its `train` where there are only train and held-out folders.
std::string filesFolder(const std::vector<std::string>& names, const std::string& path, std::vector<std::string>& notices) {
    std::vector<std::string> folders;
    for (const std::string& name : names) {
        const std::size_t slash = name.rfind('/');
        const std::string folder = slash == std::string::npos ? "" : name.substr(0, slash + 1);
        if (isGraphFile(name.substr(folder.size())) && std::find(folders.begin(), folders.end(), folder) == folders.end()) folders.push_back(folder);
    }
    if (folders.empty())
        throw DataError(fmt::format("{}: {}, expected graphs: nodes.csv and edges.csv, or DS_A.txt and DS_graph_indicator.txt", path,
                                    names.empty() ? "empty" : fmt::format("{} files, none of which holds graphs", names.size())));
    if (std::find(folders.begin(), folders.end(), "") != folders.end()) return "";
    if (folders.size() == 1) return folders.front();
    if (std::find(folders.begin(), folders.end(), "train/") == folders.end())
        throw DataError(fmt::format("{}: graphs in {} folders, '{}' and '{}' among them; name one of them", path, folders.size(),
                                    folders[0].substr(0, folders[0].size() - 1), folders[1].substr(0, folders[1].size() - 1)));
    notices.emplace_back("only its folder 'train' is used; give another part with --val");
    return "train/";
}

}  // namespace

GraphDataset::GraphDataset(GraphSet set) : set_(std::move(set)) {
    about_ = {.path = set_.path, .form = set_.form, .fingerprint = set_.fingerprint, .classNames = set_.classNames};
    std::size_t usable = 0;
    for (std::size_t i = 0; i < set_.problems.size(); ++i) {
        if (set_.problems[i].empty())
            ++usable;
        else
            report({set_.names[i], set_.problems[i]});
    }
    if (usable == 0) {
        const std::string reason = set_.problems.empty() ? "the files hold no graphs" : "the first problem: " + set_.problems.front();
        throw DataError(fmt::format("{}: none of {} graphs can be used; {}", set_.path, set_.graphs.size(), reason));
    }
    if (set_.attributes.nodeKinds.empty() && set_.attributes.nodeValues.empty()) addDegrees(set_);
    for (const std::string& notice : set_.notices) notify(notice);
}

const Graph& GraphDataset::graph(std::int64_t sample) const {
    const std::string& problem = set_.problems[static_cast<std::size_t>(sample)];
    if (!problem.empty()) throw DataError(problem);
    return set_.graphs[static_cast<std::size_t>(sample)];
}

const GraphDataset& asGraphs(const Dataset& dataset) {
    if (const auto* graphs = dynamic_cast<const GraphDataset*>(&dataset)) return *graphs;
    throw DataError(fmt::format("{}: {}, expected graphs", dataset.path(), dataset.form()));
}

bool holdsGraphs(const fs::path& path) {
    const FilePlace place = locateFiles(path);
    const fs::path folder = place.file / place.inner;
    std::error_code code;
    for (const fs::path& candidate : {folder, folder / "train"})
        for (const fs::directory_entry& entry : fs::directory_iterator(candidate, code))
            if (isGraphFile(entry.path().filename().string())) return true;
    if (fs::is_directory(place.file) || !isArchiveName(place.file.filename().string())) return false;
    const auto store = openArchive(place.file, {});
    return std::any_of(store->entries().begin(), store->entries().end(),
                       [](const FileStore::Entry& entry) { return isGraphFile(fs::path(entry.name).filename().string()); });
}

std::shared_ptr<GraphDataset> openGraphs(const fs::path& path, const OpenOptions& options) {
    const FilePlace place = locateFiles(path);
    std::unique_ptr<FileStore> store;
    if (fs::is_directory(place.file))
        store = openFolder(place.file, options);
    else if (isArchiveName(place.file.filename().string()))
        store = openArchive(place.file, options);
    else
        throw DataError(fmt::format("{}: a single file, expected a folder or an archive of graphs", place.file.string()));
    const FileSelection part = selectPart(*store, place.inner);
    std::vector<std::string> notices;
    const std::string folder = filesFolder(part.names, store->path(), notices);
    GraphFiles files{.store = *store, .path = store->path() + (folder.empty() ? "" : "/" + folder.substr(0, folder.size() - 1)), .entries = {}};
    for (std::size_t i = 0; i < part.names.size(); ++i)
        if (part.names[i].starts_with(folder) && part.names[i].find('/', folder.size()) == std::string::npos)
            files.entries.emplace(part.names[i].substr(folder.size()), part.files[i]);
    GraphSet set = files.entries.contains("nodes.csv") || files.entries.contains("edges.csv") ? readCsvGraphs(files, options.stop)
                                                                                              : readTuGraphs(files, options.stop);
    set.fingerprint = files.fingerprint();
    set.notices.insert(set.notices.begin(), notices.begin(), notices.end());
    auto dataset = std::make_shared<GraphDataset>(std::move(set));
    for (const DataProblem& problem : store->problems()) dataset->report(problem);
    return dataset;
}

}  // namespace maskscope
