#pragma once

#include <memory>
#include <vector>

#include "data/domain.h"
#include "data/graphs/graph_coder.h"

namespace maskscope {

/// Graphs: their files, the kinds and measures of their attributes, and how a prediction of them is drawn. What fit() learns
/// lies in a run's folder as graph_attributes.toml.
class GraphDomain : public DataDomain {
public:
    /// @throws RecipeError for an augmentation: graphs have none
    GraphDomain(const GraphInput& input, const std::vector<ViewRequest>& views);

    std::shared_ptr<const Dataset> open(const std::filesystem::path& path, const DomainOptions& options) const override;
    /// @return input.node_features, input.edge_features
    std::vector<std::string> fit(const Dataset& training, const std::vector<std::int64_t>& samples, std::stop_token stop) override;
    void save(const std::filesystem::path& folder) const override;
    void load(const std::filesystem::path& folder) override;
    std::shared_ptr<const ViewSource> trainingViews(std::shared_ptr<const Dataset> dataset, std::vector<std::int64_t> samples) const override;
    View evaluationView(const Dataset& dataset, const std::vector<std::int64_t>& samples, const std::stop_token& stop) const override;
    /// @param hidden  [B, N] of the nodes; the prediction brings the mask of the edges
    std::vector<Picture> pictures(const View& view, const at::Tensor& hidden, const Prediction* prediction) const override;

    const GraphCoder& coder() const { return coder_; }

private:
    /// What was learned; without a training, what fits this data set.
    GraphCoder coderFor(const GraphDataset& dataset, const std::vector<std::int64_t>& samples) const;

    GraphInput input_;
    std::vector<std::string> viewNames_;
    GraphCoder coder_;
};

}  // namespace maskscope
