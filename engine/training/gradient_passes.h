#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "recipes/method.h"
#include "training/core_passes.h"
#include "training/micro_batch.h"

namespace maskscope {

/// Forward and backward passes of an update: by cores with samples of their own where that is wanted and possible, else over whole
/// micro-batches, else, where the memory of the device does not suffice for these, in pieces one after the other. One thread.
class GradientPasses {
public:
    /// @param byCores  whether cores may take samples of their own
    /// @param reason   why not, for a person to read
    GradientPasses(Method& method, bool byCores, std::string reason);

    /// What is asked for: gradients of `parameters`.
    struct Request {
        std::size_t update;  // its number in the recipe
        const std::vector<at::Tensor>& parameters;
        const RandomStream& noise;
        const std::string& precision;
        const Signals& signals;
    };
    struct Passed {
        at::Tensor loss;  // scalar, the mean over micro-batches
        NamedTensors remembered;
        bool hasDrawnNoise = false;
    };
    /// Sets the gradients. @throws TrainingError if not even one sample has room
    Passed run(const Request& request, const std::vector<MicroBatch>& microBatches);

    /// How the first update computes: "fast path (...)" or "general path (...)" with the reason.
    std::string path() const;
    /// Samples whose values a pass keeps at a time. @param rows  of a micro-batch @param tokens  of a sample, all its masks together
    std::int64_t samplesAtOnce(std::int64_t rows, std::int64_t tokens) const;
    /// Pieces that each micro-batch is cut into since memory did not suffice; 1: it did.
    std::int64_t pieces() const { return pieces_; }
    /// Null: cores do not work by themselves.
    CoreTeam* team() { return cores_ ? &cores_->team() : nullptr; }

private:
    Passed runWhole(const Request& request, const std::vector<MicroBatch>& microBatches);
    Passed runBy(CorePasses& passes, const Request& request, const std::vector<MicroBatch>& microBatches) const;
    void cutFurther(const std::string& obstacle, const std::vector<MicroBatch>& microBatches, const std::string& problem);

    const UpdateSpec& specOf(const Request& request) const { return method_.spec().updates[request.update]; }

    Method& method_;
    std::string reason_;
    std::vector<std::string> obstacles_;  // to cutting the samples of each update; empty: none
    std::unique_ptr<CorePasses> cores_;   // null: not by cores
    std::unique_ptr<CorePasses> cut_;     // what cuts micro-batches where memory did not suffice; null: it did
    std::int64_t pieces_ = 1;
};

}  // namespace maskscope
