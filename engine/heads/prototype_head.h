#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/nn/modules/linear.h>

#include "heads/head.h"

namespace maskscope {

/// Says how near a token is to each of P learned prototypes: a perceptron, its answer brought to length 1, then cosines with the prototypes
/// (the projection head of Caron et al., DINO, ICCV 2021, Appendix C, whose last layer has weights of length 1; iBOT and MSN use the same
/// form). Its answer is P wide, whatever the target, so the target must go through a head of this kind too.
class PrototypeHead : public Head {
public:
    struct Params {
        std::int64_t prototypes = 8192;
        std::int64_t layers = 3, width = 2048, bottleneck = 256;
        bool shared = false;  // a teacher's head has the very prototypes, not their moving average
        static Params read(ParamReader& reader);
    };
    PrototypeHead(const Params& params, const HeadContext& context);

    /// @return  [B, R, P] cosines in -1..1
    at::Tensor forward(const Features& features, const TokenSplit* split, TokenChoice rows) override;
    bool restoresDropped() const override { return false; }
    bool isAveraged(const std::string& parameterName) const override { return !params_.shared || parameterName != kTable; }

private:
    static constexpr const char* kTable = "prototype_table";

    Params params_;
    std::vector<torch::nn::Linear> layers_;
    at::Tensor prototypes_;  // [P, bottleneck]
};

}  // namespace maskscope
