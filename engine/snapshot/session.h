#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace maskscope {

/// Where a training session stands.
enum class SessionState {
    Preparing,  // data are opened, the model is made, reference lines are measured
    Running,
    Paused,
    Saving,    // a checkpoint is being written
    Finished,  // the last step is done and saved
    Stopped,   // before the last step, because somebody asked; the run can be resumed
    Failed     // an error ended it; earlier checkpoints stand
};

constexpr bool isOver(SessionState state) {
    return state == SessionState::Finished || state == SessionState::Stopped || state == SessionState::Failed;
}
constexpr bool canPause(SessionState state) { return state == SessionState::Running || state == SessionState::Saving; }
constexpr bool canResume(SessionState state) { return state == SessionState::Paused; }
constexpr bool canStep(SessionState state) { return state == SessionState::Paused; }
constexpr bool canStop(SessionState state) { return !isOver(state); }
constexpr bool canSave(SessionState state) { return state == SessionState::Running || state == SessionState::Paused; }
/// Whether live settings may change.
constexpr bool canSet(SessionState state) { return !isOver(state) && state != SessionState::Preparing; }

/// Where the time of training goes, in seconds since the session began to train. On a GPU the work is only handed over in
/// `optimizer`, and the wait for it falls into `compute` of the same step, where the loss is read.
struct TimeSplit {
    double loader = 0.0;      // waiting for batches and moving them to the device
    double masks = 0.0;       // drawing masks
    double compute = 0.0;     // forward and backward passes
    double optimizer = 0.0;   // clipping, parameter update, moving averages
    double validation = 0.0;  // validation images
    double pictures = 0.0;    // probe pictures that the run keeps
    double saving = 0.0;      // checkpoints, metrics, events
    double observing = 0.0;   // what is computed only because somebody watches

    double total() const { return loader + masks + compute + optimizer + validation + pictures + saving + observing; }
};

/// What a session is doing, in numbers that change all the time.
struct SessionStatus {
    SessionState state = SessionState::Preparing;
    std::int64_t step = 0;      // steps done
    std::int64_t lastStep = 0;  // where it will end; 0 while preparing
    TimeSplit split;
    double secondsPerStep = 0.0;  // recent, validation, pictures and saving included; 0 before the first step
    double secondsLeft = 0.0;     // from that; 0 where unknown
    double residentBytes = 0.0;   // of the whole process
    double deviceBytes = 0.0;     // allocated on the GPU by LibTorch; 0 on a CPU
    std::int64_t parameters = 0;
    std::string device;                     // "cpu", "cuda:0"
    std::string path;                       // how it computes: "fast path (...)", "general path (...)" with the reason
    std::int64_t observedEvery = 1;         // steps between two looks, see TrainingSession
    double observedShare = 0.0;             // of recent time
    std::string failure;                    // of Failed: the message; of Paused: what made it pause by itself (a full disk); else empty
    std::optional<std::int64_t> savedStep;  // newest checkpoint
};

/// A setting that may change between two steps of a running session.
struct LiveSetting {
    std::string key;   // as in the recipe: "train.optimizer.lr"
    std::string help;  // what it does from the next step on
    double value = 0.0;
    bool whole = false;  // takes whole numbers only
};

/// How the features of the probe images spread: what tells a collapse. Features are those of whole images, after the last norm,
/// nothing hidden; an image's own feature is the mean over its patches.
struct FeatureSpread {
    std::int64_t step = 0;
    std::int64_t images = 0, width = 0;  // B, D
    /// Standard deviation over images of the features scaled to length 1, mean over channels, times sqrt(D): 0 where all images
    /// are alike, 1 where they spread evenly in all directions (Chen & He, SimSiam, CVPR 2021, Sec. 4.1).
    double deviation = 0.0;
    /// Effective ranks after centring (Roy & Vetterli, EUSIPCO 2007): of the images' features, 1..min(B - 1, D), and of all
    /// patch features together, 1..D.
    double imageRank = 0.0, tokenRank = 0.0;
};

}  // namespace maskscope
