#include "training/settings.h"

#include <fmt/format.h>

namespace maskscope {
namespace {

const Value kNone;

TrainSettings readFrom(ParamReader& reader) {
    TrainSettings s;
    s.steps = reader.integer("steps", 1000, Range::between(1, 1e9), "length of the schedule in steps");
    s.batch = reader.integer("batch", 64, Range::between(1, 1 << 20), "samples a step");
    s.accumulate = reader.integer("accumulate", 1, Range::between(1, 1 << 16), "micro-batches that make up a step; they divide the batch");
    s.clip = reader.number("clip", 0.0, Range::atLeast(0), "largest norm of all gradients together; 0: no limit");
    s.ema = reader.number("ema", 0.0, {.min = 0, .max = 1, .openMax = true},
                          "momentum of averaged weights, which then answer instead of the newest; 0: none");
    s.precision = reader.choice("precision", "auto", {"auto", "fp32", "bf16"}, "auto: bf16 on a GPU, fp32 on a CPU");
    s.threads = static_cast<int>(reader.integer("threads", 0, Range::between(0, 1024), "compute threads; 0: one a core"));
    s.fast = reader.flag("fast", true,
                         "on a CPU, where the recipe allows it: each core works on a few samples of its own, and transformer blocks run as one "
                         "operation; losses and gradients are those of the general path up to rounding");
    s.workers = static_cast<int>(reader.integer("workers", 1, Range::between(1, 256), "threads that prepare batches"));
    s.recompute = reader.flag("recompute", false,
                              "transformer blocks keep their input alone and compute the rest again in the backward pass: less memory, about a third "
                              "more time");
    s.graph =
        reader.choice("graph", "auto", {"auto", "on", "off"},
                      "auto: on a GPU, steps of a fixed shape are recorded once and replayed as a whole (CUDA graphs); on: elsewhere the step is "
                      "called in the place of the replay, which shows the same and saves nothing");
    s.readEvery = reader.integer("read_every", 0, Range::between(0, 1000),
                                 "steps whose losses are read together, since each reading waits for a GPU; 0: 1 on a CPU, 16 on a GPU");
    s.cacheMb =
        reader.integer("cache_mb", -1, Range::between(-1, 1 << 24), "memory for decoded samples in MiB; -1: a quarter of what is free; 0: none");
    s.checkpointEvery = reader.integer("checkpoint_every", 500, Range::atLeast(1), "steps between checkpoints");
    s.validateEvery = reader.integer("validate_every", 200, Range::atLeast(1), "steps between looks at the validation samples");
    s.snapshotEvery = reader.integer("snapshot_every", 200, Range::atLeast(1), "steps between pictures of the probe samples");
    s.validationShare = reader.number("validation_share", 0.1, Range::inside(0, 1), "share of the data held out where no validation data are given");
    s.validationImages = reader.integer("validation_images", 1000, Range::atLeast(1), "validation samples at most");
    s.probeImages = reader.integer("probe_images", 8, Range::between(1, 64), "validation samples whose pictures are kept over time");
    s.keepRecent = reader.integer("keep_recent", 3, Range::between(1, 1000), "newest checkpoints that are always kept");
    return s;
}

ParamReader section(ParamReader& reader, const char* key, const char* help, const char* subject) {
    if (reader.isDocumenting()) return ParamReader::documenting();
    const Value* table = reader.section(key, help);
    return {table != nullptr ? *table : kNone, reader.path() + "." + key, subject};
}

void readOptimizer(ParamReader reader, TrainSettings& s) {
    reader.choice("kind", "adamw", {"adamw"}, "the optimiser");
    s.lr = reader.number("lr", 1e-3, Range::atLeast(0), "learning rate after the warm-up");
    s.layerDecay = reader.number("layer_decay", 1.0, {.min = 0, .max = 1, .openMin = true}, "factor on the learning rate a layer, from the top down");
    s.decayAll = reader.choice("decay", "matrices", {"matrices", "all"}, "what decays: matrices alone, or norms, biases and tokens too") == "all";
    s.adamw = AdamW::Params::read(reader);
    reader.finish();
}

}  // namespace

TrainSettings TrainSettings::read(const Value& root) {
    const Value* table = root.find("train");
    ParamReader reader(table != nullptr ? *table : kNone, "train", "training");
    TrainSettings s = readFrom(reader);
    readOptimizer(section(reader, "optimizer", "how parameters move", "the optimizer"), s);
    ParamReader schedule = section(reader, "schedule", "how the learning rate changes", "the schedule");
    s.schedule = Schedule::Params::read(schedule);
    schedule.finish();
    if (const Value* augment = reader.section("augment", "how samples are varied; the keys depend on input.kind")) s.augment = *augment;
    reader.finish();
    if (s.batch % s.accumulate != 0) reader.fail("accumulate", fmt::format("is {}, expected a divisor of the batch {}", s.accumulate, s.batch));
    return s;
}

std::vector<ParamDoc> TrainSettings::document() {
    ParamReader reader = ParamReader::documenting();
    readFrom(reader);
    return reader.docs();
}

}  // namespace maskscope
