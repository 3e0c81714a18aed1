#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "recipes/method.h"
#include "tensor/core_team.h"

namespace maskscope {

struct MicroBatch;

/// Forward and backward passes of a step, cut into pieces of a few samples, each of which one core takes through both passes: what a piece
/// needs stays in the cache of its core, and no core waits for another inside a pass. Gradients are added in the order of the
/// samples, so that they do not depend on how busy the cores were.
class CorePasses {
public:
    CorePasses(Method& method, int cores) : method_(method), team_(cores) {}

    /// Cuts each micro-batch into so many pieces, in place of those that suit a core's cache: less memory for who is short of it.
    void cutInto(std::int64_t pieces) { pieces_ = pieces; }

    /// Why the passes of an update cannot be cut; empty: they can.
    static std::string obstacle(const Method& method, const UpdateSpec& update);
    /// Why those of certain masks cannot; empty: they can.
    static std::string obstacle(const UpdateSpec& update, const std::vector<MicroBatch>& microBatches);

    /// Sets the gradients of `parameters` to those of the mean over all samples.
    /// @return the mean loss, scalar
    at::Tensor run(const UpdateSpec& update, const std::vector<MicroBatch>& microBatches, const Signals& signals,
                   const std::vector<at::Tensor>& parameters, const RandomStream& noise, const std::string& precision);

    /// Samples of a piece. @param rows  of the batch @param tokens  of a sample, all its masks together
    std::int64_t rowsOfPiece(std::int64_t rows, std::int64_t tokens) const;

    CoreTeam& team() { return team_; }

private:
    Method& method_;
    CoreTeam team_;
    std::int64_t pieces_ = 0;  // 0: as suits the cache
};

}  // namespace maskscope
