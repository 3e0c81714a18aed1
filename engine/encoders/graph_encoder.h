#pragma once

#include <memory>
#include <string>

#include <torch/nn/modules/linear.h>

#include "encoders/encoder.h"
#include "layers/message_passing.h"

namespace maskscope {

/// What GIN and GAT share: a linear map of the node attributes, then rounds of messages.
///
/// Hidden nodes get a mask token: in the place of their attributes (corruption at the input; Hou et al., GraphMAE, KDD 2022,
/// Sec. 3.2) or of their embedding, or are zeroed there. A random replacement is another real node of the same graph, so that no sample depends
/// on its batch. Edges that a mask of edges hides lose their attributes likewise, whatever the corruption's role (Hu et al.,
/// ICLR 2020, Sec. 3.1.2): only their ends stay known.
class GraphEncoder : public Encoder {
public:
    GraphEncoder(const MessageParams& params, const std::string& initialization, const InputSpec& input, const char* who);

    bool honours(const Corruption& corruption) const override;
    void prepare(const Corruption& corruption) override;
    /// @param view  "nodes" [B, N, F]; "edges" [B, S, A] where the input has edge attributes; a geometry of graphs
    Features forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) override;
    std::int64_t width() const override { return params_.width; }
    std::int64_t layerOf(const std::string& parameterName) const override;
    std::int64_t depth() const override { return params_.depth; }
    const std::string& initialization() const override { return initialization_; }

private:
    void checkView(const View& view) const;
    /// @param nodes  [B, N, F]   @param mask  of the nodes; null: none is hidden
    at::Tensor embed(at::Tensor nodes, const Mask* mask, const Corruption& corruption, const Geometry& geometry);
    /// @param edges  [B, S, A]   @param mask  of the edges; null: none is hidden
    at::Tensor corruptEdges(const at::Tensor& edges, const Mask* mask, const Corruption& corruption) const;

    MessageParams params_;
    std::string initialization_;
    GraphInput input_;
    torch::nn::Linear embed_;
    std::shared_ptr<MessagePassing> messages_;
    at::Tensor maskToken_, inputMaskToken_;  // [D], [F]
    at::Tensor edgeMaskToken_;               // [A]
};

}  // namespace maskscope
