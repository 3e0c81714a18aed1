#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <vector>

#include "analysis/asked.h"
#include "core/image.h"
#include "data/dataset.h"
#include "snapshot/reconstruction.h"

namespace maskscope {

/// How a run learned to fill in one picture: what each checkpoint makes of it under one and the same mask.
struct FilmRequest {
    std::filesystem::path run;
    AskedSample sample;
    AskedMask mask;
    std::vector<std::int64_t> steps;  // empty: every complete checkpoint
};

/// One answer a checkpoint, rising by step. @throws as openRunSession; StoppedError
std::vector<ReconstructionRecord> shootFilm(const FilmRequest& request, const Progress& progress, const std::stop_token& stop);

/// The answers as frames of equal size: masked, composite and original side by side, with the step above.
/// @throws ShapeError if the answers are no images
std::vector<Image> filmFrames(const std::vector<ReconstructionRecord>& answers);

/// Writes frames to a file that ends in .gif, or numbered PNG files into a folder of any other name.
/// @throws FileError, ShapeError
void writeFilm(const std::filesystem::path& place, const std::vector<Image>& frames, double frameSeconds);

}  // namespace maskscope
