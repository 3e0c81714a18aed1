#include "data/graphs/graph_pictures.h"

#include <algorithm>
#include <cmath>

#include "data/graphs/graph_layout.h"

namespace maskscope {
namespace {

/// Rows of a [B, R, T] or [B, R] tensor as plain floats.
class Rows {
public:
    Rows() = default;
    explicit Rows(const at::Tensor& tensor) {
        if (!tensor.defined()) return;
        values_ = tensor.detach().cpu().to(at::kFloat).contiguous();
        width_ = values_.dim() == 3 ? values_.size(2) : 1;
    }
    bool isEmpty() const { return !values_.defined(); }
    std::int64_t width() const { return width_; }
    const float* row(std::int64_t sample, std::int64_t index) const {
        return values_.const_data_ptr<float>() + (sample * values_.size(1) + index) * width_;
    }
    bool flag(std::int64_t sample, std::int64_t index) const { return !isEmpty() && *row(sample, index) > 0.5F; }

private:
    at::Tensor values_;
    std::int64_t width_ = 0;
};

double crossEntropy(const float* logits, const float* oneHot, std::int64_t kinds) {
    const float largest = *std::max_element(logits, logits + kinds);
    double sum = 0.0;
    for (std::int64_t i = 0; i < kinds; ++i) sum += std::exp(static_cast<double>(logits[i] - largest));
    const std::int64_t truth = std::max_element(oneHot, oneHot + kinds) - oneHot;
    return std::log(sum) + static_cast<double>(largest) - static_cast<double>(logits[truth]);
}

double cosineDistance(const float* a, const float* b, std::int64_t width) {
    double product = 0.0, squareA = 0.0, squareB = 0.0;
    for (std::int64_t i = 0; i < width; ++i) {
        product += static_cast<double>(a[i]) * b[i];
        squareA += static_cast<double>(a[i]) * a[i];
        squareB += static_cast<double>(b[i]) * b[i];
    }
    const double norms = std::sqrt(squareA * squareB);
    return norms > 0.0 ? 1.0 - product / norms : 1.0;
}

/// Everything that is known about the nodes, or the edges, of a batch.
struct Part {
    Rows truth, hidden, predicted;
    bool codes = false;

    /// @param values  what was predicted, or undefined
    Part(const View& view, const char* tensor, const at::Tensor& hiddenFlags, const at::Tensor& values, bool isCodes) : hidden(hiddenFlags) {
        if (const auto found = view.tensors.find(tensor); found != view.tensors.end()) truth = Rows(found->second);
        if (!values.defined() || truth.isEmpty() || values.size(-1) != truth.width()) return;
        predicted = Rows(values);
        codes = isCodes;
    }
    bool says(std::int64_t sample, std::int64_t index) const { return !predicted.isEmpty() && hidden.flag(sample, index); }
    double loss(std::int64_t sample, std::int64_t index) const {
        const float* prediction = predicted.row(sample, index);
        const float* target = truth.row(sample, index);
        return codes ? crossEntropy(prediction, target, truth.width()) : cosineDistance(prediction, target, truth.width());
    }
};

/// The undirected edges of every sample, by slot.
std::vector<std::vector<GraphEdge>> edgesOf(const Geometry& geometry) {
    std::vector<std::vector<GraphEdge>> edges(static_cast<std::size_t>(geometry.batch));
    const std::int64_t nodes = geometry.tokens(), slots = geometry.edgeValid.size(1);
    const at::Tensor ends = geometry.edges.cpu().contiguous(), numbers = geometry.edgeSlots.cpu().contiguous();
    const std::int64_t* from = ends.const_data_ptr<std::int64_t>();
    const std::int64_t* to = from + ends.size(1);
    const std::int64_t* slot = numbers.const_data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < ends.size(1); ++i) {
        if (from[i] > to[i]) continue;  // the other direction
        std::vector<GraphEdge>& mine = edges[static_cast<std::size_t>(from[i] / nodes)];
        const auto place = static_cast<std::size_t>(slot[i] % slots);
        if (mine.size() <= place) mine.resize(place + 1);
        mine[place] = {static_cast<std::int32_t>(from[i] % nodes), static_cast<std::int32_t>(to[i] % nodes)};
    }
    return edges;
}

GraphPicture pictureOf(std::int64_t sample, std::int64_t nodes, const std::vector<GraphEdge>& edges, const GraphCoder& coder, const Part& nodePart,
                       const Part& edgePart) {
    GraphPicture picture;
    const std::vector<NodePlace> places = layoutGraph(nodes, edges);
    for (std::int64_t i = 0; i < nodes; ++i) {
        GraphPicture::Node node{.x = places[static_cast<std::size_t>(i)].x, .y = places[static_cast<std::size_t>(i)].y};
        node.hidden = nodePart.hidden.flag(sample, i);
        node.label = coder.nodeText(nodePart.truth.row(sample, i));
        if (nodePart.says(sample, i)) {
            node.predicted = coder.nodeText(nodePart.predicted.row(sample, i));
            node.loss = nodePart.loss(sample, i);
        }
        picture.nodes.push_back(std::move(node));
    }
    for (std::size_t i = 0; i < edges.size(); ++i) {
        const auto slot = static_cast<std::int64_t>(i);
        GraphPicture::Edge edge{.from = edges[i].from, .to = edges[i].to, .hidden = edgePart.hidden.flag(sample, slot)};
        if (!edgePart.truth.isEmpty()) edge.label = coder.edgeText(edgePart.truth.row(sample, slot));
        if (edgePart.says(sample, slot)) edge.predicted = coder.edgeText(edgePart.predicted.row(sample, slot));
        picture.edges.push_back(std::move(edge));
    }
    return picture;
}

}  // namespace

std::vector<Picture> graphPictures(const View& view, const GraphCoder& coder, const at::Tensor& hiddenNodes, const Prediction* prediction) {
    const Prediction nothing;
    const Prediction& said = prediction != nullptr ? *prediction : nothing;
    const Part nodes(view, "nodes", hiddenNodes, said.values, said.codes), edges(view, "edges", said.hiddenEdges, said.edgeValues, said.edgeCodes);
    const std::vector<std::vector<GraphEdge>> all = edgesOf(view.geometry);
    const at::Tensor counts = view.geometry.valid.sum(at::IntArrayRef{1}).cpu();
    std::vector<Picture> pictures;
    for (std::int64_t sample = 0; sample < view.batch(); ++sample)
        pictures.emplace_back(
            pictureOf(sample, counts.const_data_ptr<std::int64_t>()[sample], all[static_cast<std::size_t>(sample)], coder, nodes, edges));
    return pictures;
}

}  // namespace maskscope
