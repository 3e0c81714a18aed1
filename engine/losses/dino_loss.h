#pragma once

#include "losses/center.h"
#include "losses/loss.h"

namespace maskscope {

/// Cross-entropy between a teacher's distribution of one view and a student's of another (Caron et al., DINO, ICCV 2021, Sec. 3.1, Eqs. 1 to
/// 3). Rows are views of a sample: the teacher's V views are the first V of the student's, and a view is not compared with itself.
class DinoLoss : public Loss {
public:
    struct Params {
        CenteredTeacher teacher;
        static Params read(ParamReader& reader) { return {CenteredTeacher::read(reader)}; }
    };
    explicit DinoLoss(const Params& params) : teacher_(params.teacher) {}

    bool acrossBatch() const override { return true; }
    bool remembers() const override { return true; }
    /// @return mean over pairs of different views and samples, in nats; a pair weighs what its student's view does
    /// @throws ShapeError unless prediction is [B, S, T] and target [B, V, T]
    at::Tensor compute(const LossInput& input) const override;
    LossMemory remember(const LossInput& input) const override;
    bool hasConstantAnswer() const override { return true; }
    /// The teacher's mean distribution.
    at::Tensor targetMean(const LossInput& input) const override;
    at::Tensor constantAnswer(const at::Tensor& mean) const override { return teacher_.constantAnswer(mean); }

private:
    CenteredTeacher teacher_;
};

}  // namespace maskscope
