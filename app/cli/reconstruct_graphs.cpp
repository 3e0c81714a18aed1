#include <filesystem>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "console.h"
#include "core/error.h"
#include "core/files.h"
#include "data/graphs/graph_dataset.h"
#include "data/graphs/graph_svg.h"
#include "reconstruct.h"

namespace maskscope::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kShownGraphs = 6;  // of a data set

/// null where nothing was predicted.
json predictedJson(const std::string& predicted) { return predicted.empty() ? json(nullptr) : json(predicted); }

json pictureJson(const GraphPicture& picture) {
    json nodes = json::array(), edges = json::array();
    for (const GraphPicture::Node& node : picture.nodes)
        nodes.push_back({{"label", node.label},
                         {"hidden", node.hidden},
                         {"predicted", predictedJson(node.predicted)},
                         {"loss", node.predicted.empty() ? json(nullptr) : json(node.loss)},
                         {"x", node.x},
                         {"y", node.y}});
    for (const GraphPicture::Edge& edge : picture.edges)
        edges.push_back(
            {{"from", edge.from}, {"to", edge.to}, {"label", edge.label}, {"hidden", edge.hidden}, {"predicted", predictedJson(edge.predicted)}});
    return {{"nodes", nodes}, {"edges", edges}};
}

/// Of those that were hidden and predicted.
struct Score {
    std::int64_t right = 0, all = 0;
    void add(const auto& items) {
        for (const auto& item : items) {
            if (item.predicted.empty()) continue;
            ++all;
            right += item.predicted == item.label ? 1 : 0;
        }
    }
    std::string text(const char* what) const { return fmt::format("{} of {} hidden {} right", right, all, what); }
};

std::string safeStem(const std::string& name) {
    std::string stem = name;
    for (char& c : stem)
        if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '.') c = '-';
    return stem;
}

/// The first usable graph of each class, in the order of the data; without classes the first graphs.
std::vector<std::int64_t> shownSamples(const Dataset& dataset) {
    const GraphDataset& graphs = asGraphs(dataset);
    std::set<std::int64_t> seen;
    std::vector<std::int64_t> samples;
    for (std::int64_t sample = 0; sample < graphs.size() && samples.size() < kShownGraphs; ++sample)
        if (graphs.isUsable(sample) && (graphs.label(sample) < 0 || seen.insert(graphs.label(sample)).second)) samples.push_back(sample);
    return samples;
}

void reconstructSet(const ReconstructOptions& options, RunSession& opened, const std::string& path, std::set<std::string>& used) {
    const DataDomain& domain = opened.session->domain();
    const auto dataset = readingInput([&] { return domain.open(path, {}); });
    const View view = domain.evaluationView(*dataset, shownSamples(*dataset), {});
    const MaskPlan plan = readingInput([&] { return planFor(options, *opened.session, view); });
    const Reconstruction answer = opened.session->reconstruct(view, plan);
    makeFolder(options.out);
    for (std::size_t i = 0; i < answer.pictures.size(); ++i) {
        const auto& picture = std::get<GraphPicture>(answer.pictures[i]);
        const std::string name = dataset->sampleName(view.sampleIds[i]), stem = safeStem(fs::path(path).filename().string() + "-" + name);
        std::string unique = stem;
        for (int n = 2; !used.insert(unique).second; ++n) unique = fmt::format("{}-{}", stem, n);
        const fs::path svg = fs::path(options.out) / (unique + ".svg"), file = fs::path(options.out) / (unique + ".json");
        Score nodes, edges;
        nodes.add(picture.nodes);
        edges.add(picture.edges);
        json report = pictureJson(picture);
        report.update({{"data", path},
                       {"graph", name},
                       {"step", opened.step},
                       {"nodes_right", nodes.right},
                       {"nodes_predicted", nodes.all},
                       {"edges_right", edges.right},
                       {"edges_predicted", edges.all}});
        writeFileAtomically(svg, graphSvg(picture, fmt::format("{}, step {}", name, opened.step)));
        writeFileAtomically(file, report.dump(1) + "\n");
        report.erase("nodes");
        report.erase("edges");
        report.update({{"hidden_loss", answer.hiddenLoss}, {"files", {file.string(), svg.string()}}});
        if (options.json)
            printJson(report);
        else
            fmt::print("{}: {}{}: {}\n", name, nodes.text("nodes"), edges.all > 0 ? ", " + edges.text("edges") : "", svg.string());
    }
}

}  // namespace

int reconstructGraphs(const ReconstructOptions& options, RunSession& opened) {
    std::set<std::string> used;
    int status = 0;
    for (const std::string& path : options.graphs) try {
            reconstructSet(options, opened, path, used);
        } catch (const DataError& error) {
            status = reportError(error.what(), 2);  // the others are still done
        }
    return status;
}

}  // namespace maskscope::cli
