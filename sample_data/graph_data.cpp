#include "sample_data/graph_data.h"

#include <iterator>
#include <string>

#include <fmt/format.h>

#include "core/error.h"
#include "core/files.h"
#include "core/toml.h"
#include "sample_data/motif_graph.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;
using sample_data::kMotifNames;

constexpr std::int64_t kVersion = 1;  // of the graphs: raise it when they change
constexpr const char* kManifest = "manifest.toml";

Value manifestOf(const GraphDataOptions& options) {
    Value manifest;
    manifest.set("generator", "maskscope sample graphs");
    manifest.set("version", kVersion);
    manifest.set("seed", static_cast<std::int64_t>(options.seed));
    manifest.set("train_graphs", options.trainGraphs);
    manifest.set("test_graphs", options.testGraphs);
    return manifest;
}

void writePart(const fs::path& folder, const char* purpose, int graphs, std::uint64_t seed) {
    std::string nodes = "graph,node,kind\n", edges = "graph,from,to,kind\n", labels = "graph,label\n";
    for (int number = 0; number < graphs; ++number) {
        const int motif = number % static_cast<int>(kMotifNames.size());
        const auto graph = sample_data::drawMotifGraph(motif, RandomStream(seed, purpose, 0, static_cast<std::uint64_t>(number)));
        for (std::size_t i = 0; i < graph.nodeKinds.size(); ++i)
            fmt::format_to(std::back_inserter(nodes), "{},{},{}\n", number, i, sample_data::kNodeKinds[static_cast<std::size_t>(graph.nodeKinds[i])]);
        for (std::size_t i = 0; i < graph.edges.size(); ++i)
            fmt::format_to(std::back_inserter(edges), "{},{},{},{}\n", number, graph.edges[i].first, graph.edges[i].second,
                           sample_data::kEdgeKinds[static_cast<std::size_t>(graph.edgeKinds[i])]);
        fmt::format_to(std::back_inserter(labels), "{},{}\n", number, kMotifNames[static_cast<std::size_t>(motif)]);
    }
    makeFolder(folder);
    writeFileAtomically(folder / "nodes.csv", nodes);
    writeFileAtomically(folder / "edges.csv", edges);
    writeFileAtomically(folder / "labels.csv", labels);
}

/// Whether the folder holds graphs that this generator did not write.
bool holdsOthers(const fs::path& folder) {
    std::error_code code;
    if (fs::exists(folder / kManifest, code)) {
        try {
            const Value manifest = readToml(folder / kManifest);
            const Value* generator = manifest.find("generator");
            if (generator != nullptr && *generator == Value("maskscope sample graphs")) return false;
        } catch (const RecipeError&) {
            return true;
        }
        return true;
    }
    return fs::exists(folder / "train" / "nodes.csv", code) || fs::exists(folder / "test" / "nodes.csv", code);
}

}  // namespace

void generateGraphData(const fs::path& folder, const GraphDataOptions& options) {
    if (options.trainGraphs < 1 || options.testGraphs < 0)
        throw UsageError(fmt::format("sample graphs: {} for training and {} for testing, expected at least one for training", options.trainGraphs,
                                     options.testGraphs));
    if (holdsOthers(folder))
        throw FileError(fmt::format("{}: it holds other data, which are not overwritten; choose another folder", folder.string()));
    makeFolder(folder);
    writeFileAtomically(folder / kManifest, writeToml(manifestOf(options)));
    writePart(folder / "train", "sample-graphs/train", options.trainGraphs, options.seed);
    if (options.testGraphs > 0) writePart(folder / "test", "sample-graphs/test", options.testGraphs, options.seed);
}

}  // namespace maskscope
