#include "data/graphs/graph_domain.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/files.h"
#include "core/param_reader.h"
#include "core/toml.h"
#include "data/graphs/graph_pictures.h"
#include "data/graphs/graph_views.h"

namespace maskscope {
namespace {

constexpr const char* kFile = "graph_attributes.toml";
const Value kNone;

}  // namespace

GraphDomain::GraphDomain(const GraphInput& input, const std::vector<ViewRequest>& views) : input_(input) {
    for (const ViewRequest& request : views) {
        ParamReader(request.augment.isNone() ? kNone : request.augment, request.path, "the augmentation of graphs").finish();
        viewNames_.push_back(request.name);
    }
}

std::shared_ptr<const Dataset> GraphDomain::open(const std::filesystem::path& path, const DomainOptions& options) const {
    OpenOptions opening;
    opening.stop = options.stop;
    if (options.progress) opening.progress = options.progress("reading " + path.string());
    return openGraphs(path, opening);
}

std::vector<std::string> GraphDomain::fit(const Dataset& training, const std::vector<std::int64_t>& samples, std::stop_token) {
    coder_ = GraphCoder::fitted(asGraphs(training), samples, input_);
    return {fmt::format("input.node_features={}", coder_.nodeWidth()), fmt::format("input.edge_features={}", coder_.edgeWidth())};
}

void GraphDomain::save(const std::filesystem::path& folder) const { writeFileAtomically(folder / kFile, writeToml(coder_.toValue())); }

void GraphDomain::load(const std::filesystem::path& folder) {
    try {
        coder_ = GraphCoder::fromValue(readToml(folder / kFile), (folder / kFile).string());
    } catch (const RecipeError& error) {
        throw DataError(error.what());  // damaged, not somebody's recipe
    }
}

GraphCoder GraphDomain::coderFor(const GraphDataset& dataset, const std::vector<std::int64_t>& samples) const {
    return coder_.isEmpty() ? GraphCoder::fitted(dataset, samples, input_) : coder_;
}

std::shared_ptr<const ViewSource> GraphDomain::trainingViews(std::shared_ptr<const Dataset> dataset, std::vector<std::int64_t> samples) const {
    const GraphDataset& graphs = asGraphs(*dataset);
    GraphCoder coder = coderFor(graphs, samples);
    return std::make_shared<GraphViews>(std::static_pointer_cast<const GraphDataset>(dataset), samples, std::move(coder), viewNames_);
}

View GraphDomain::evaluationView(const Dataset& dataset, const std::vector<std::int64_t>& samples, const std::stop_token& stop) const {
    const GraphDataset& graphs = asGraphs(dataset);
    return evaluationGraphs(graphs, samples, coderFor(graphs, samples), stop);
}

std::vector<Picture> GraphDomain::pictures(const View& view, const at::Tensor& hidden, const Prediction* prediction) const {
    return graphPictures(view, coder_, hidden, prediction);
}

}  // namespace maskscope
