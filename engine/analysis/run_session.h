#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "inference/inference_session.h"
#include "training/run_description.h"

namespace maskscope {

/// A run as it stood at one of its checkpoints, ready to answer. The run may be growing meanwhile.
struct RunSession {
    RunDescription description;
    std::int64_t step = 0;
    Signals signals;       // what mask strategies may read
    NamedTensors weights;  // those in the session, by the names of a composed method's state; mapped from the checkpoint
    std::unique_ptr<InferenceSession> session;
};

/// Opens a run for questions; its averaged weights answer where it keeps them.
/// @param step  none: the newest complete checkpoint
/// @throws FileError, DataError naming the run and what is wrong; a step without a checkpoint lists those that exist
RunSession openRunSession(const std::filesystem::path& run, std::optional<std::int64_t> step);

}  // namespace maskscope
