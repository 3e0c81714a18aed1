#pragma once

#include "losses/center.h"
#include "losses/loss.h"

namespace maskscope {

/// Cross-entropy between a teacher's distribution of a whole patch and a student's of the same patch hidden (Zhou et al., iBOT, ICLR 2022,
/// Sec. 3.1, L_MIM). Each sample weighs the same, however many of its patches are hidden.
class IbotLoss : public Loss {
public:
    struct Params {
        CenteredTeacher teacher;
        static Params read(ParamReader& reader) { return {CenteredTeacher::read(reader)}; }
    };
    explicit IbotLoss(const Params& params) : teacher_(params.teacher) {}

    bool acrossBatch() const override { return true; }
    bool remembers() const override { return true; }
    /// @return mean over samples of the weighted mean over their rows, in nats; a sample without weight adds 0
    /// @throws ShapeError unless prediction and target are both [B, R, T]
    at::Tensor compute(const LossInput& input) const override;
    /// The center moves by the rows that have weight.
    LossMemory remember(const LossInput& input) const override;
    bool hasConstantAnswer() const override { return true; }
    /// The teacher's mean distribution.
    at::Tensor targetMean(const LossInput& input) const override;
    at::Tensor constantAnswer(const at::Tensor& mean) const override { return teacher_.constantAnswer(mean); }

private:
    CenteredTeacher teacher_;
};

}  // namespace maskscope
