#pragma once

#include <memory>
#include <string>

#include <torch/nn/modules/linear.h>

#include "heads/head.h"
#include "layers/message_passing.h"

namespace maskscope {

/// A decoder of messages between neighbours: projects the features, re-masks the hidden nodes (their codes are replaced, so that
/// the decoder has to rebuild them from what their neighbours' codes say), and predicts each node after some rounds. Hou et al., GraphMAE, KDD 2022,
/// Sec. 3.2, "GNN decoder with re-mask decoding". Attributes of edges are not seen.
class GnnHead : public Head {
public:
    struct Params {
        MessageParams messages;
        std::string remask;
        static Params read(ParamReader& reader);
    };
    GnnHead(const Params& params, const HeadContext& context);

    at::Tensor forward(const Features& features, const TokenSplit* split, TokenChoice rows) override;
    bool restoresDropped() const override { return false; }

private:
    at::Tensor remasked(const at::Tensor& codes, const TokenSplit& split) const;

    Params params_;
    torch::nn::Linear embed_, predict_;
    std::shared_ptr<MessagePassing> messages_;
    at::Tensor remaskToken_;  // [D]
};

}  // namespace maskscope
