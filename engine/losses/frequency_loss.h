#pragma once

#include "core/param_reader.h"
#include "losses/loss.h"

namespace maskscope {

/// How far predicted frequencies are from those of the image: the distance in the complex plane to the power gamma, mean over channels (Xie et al.,
/// Masked Frequency Modeling for Self-Supervised Visual Pre-Training, ICLR 2023, Sec. 3, "frequency loss", and its code; gamma = 1). Rows are
/// frequencies with real and imaginary parts next to each other.
class FrequencyLoss : public Loss {
public:
    struct Params {
        double gamma = 1.0;
        static Params read(ParamReader& reader);
    };
    explicit FrequencyLoss(const Params& params) : params_(params) {}

    at::Tensor compute(const LossInput& input) const override;
    at::Tensor ofRows(const LossInput& input) const override;

private:
    Params params_;
};

}  // namespace maskscope
