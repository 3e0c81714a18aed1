#pragma once

#include <cstdint>

#include "losses/loss.h"

namespace maskscope {

/// Keeps what is said of different samples apart: minus the logarithm of the distance to the nearest neighbour in the batch, on the unit
/// sphere (Sablayrolles et al., Spreading Vectors for Similarity Search, ICLR 2019, Eq. 4; Oquab et al., DINOv2, 2023, Sec. 4). A row looks
/// for neighbours among the same row of the other samples. The target is not looked at.
class KoleoLoss : public Loss {
public:
    struct Params {
        double epsilon = 1e-8;
        std::int64_t neighbors = 1;
        static Params read(ParamReader& reader);
    };
    explicit KoleoLoss(const Params& params) : params_(params) {}

    bool acrossBatch() const override { return true; }
    /// @throws ShapeError unless prediction is [B, R, T] with more samples than neighbours
    at::Tensor compute(const LossInput& input) const override;

private:
    Params params_;
};

}  // namespace maskscope
