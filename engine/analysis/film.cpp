#include "analysis/film.h"

#include <fmt/format.h>

#include "analysis/run_session.h"
#include "core/error.h"
#include "core/files.h"
#include "media/gif.h"
#include "media/picture.h"
#include "snapshot/filled_in.h"
#include "training/checkpoint_store.h"
#include "training/run_directory.h"

namespace maskscope {
namespace {

constexpr int kShownSidePx = 192;

std::vector<std::int64_t> completeSteps(const std::filesystem::path& run) {
    const CheckpointStore store(RunDirectory::open(run).checkpointsFolder(), CheckpointStore::Access::Read);
    std::vector<std::int64_t> steps;
    for (const CheckpointInfo& info : store.list())
        if (info.isComplete()) steps.push_back(info.step);
    if (steps.empty()) throw DataError(fmt::format("{}: the run has no complete checkpoint; resume or start it anew", run.string()));
    return steps;
}

}  // namespace

std::vector<ReconstructionRecord> shootFilm(const FilmRequest& request, const Progress& progress, const std::stop_token& stop) {
    const std::vector<std::int64_t> steps = request.steps.empty() ? completeSteps(request.run) : request.steps;
    std::vector<ReconstructionRecord> answers;
    for (const std::int64_t step : steps) {
        if (stop.stop_requested()) throw StoppedError("stopped while the film was made");
        RunSession opened = openRunSession(request.run, step);
        const View view = viewOf(*opened.session, request.sample);
        Reconstruction filled = opened.session->reconstruct(view, planOf(*opened.session, view, request.mask));
        answers.push_back({step, std::move(filled.pictures.front()), filled.hiddenLoss});
        if (progress) progress(static_cast<std::int64_t>(answers.size()), static_cast<std::int64_t>(steps.size()));
    }
    return answers;
}

std::vector<Image> filmFrames(const std::vector<ReconstructionRecord>& answers) {
    std::vector<Image> frames;
    for (const ReconstructionRecord& answer : answers) {
        const auto* picture = std::get_if<ImagePicture>(&answer.picture);
        if (picture == nullptr) throw ShapeError("a film shows images, but this run fills in something else");
        const std::vector<Tile> tiles{{picture->masked, "masked", false},
                                      {filledIn(*picture), fmt::format("step {}", answer.step), false},
                                      {picture->original, "original", false}};
        SheetStyle style;
        style.scale = std::max(1, kShownSidePx / std::max(1, picture->original.width));
        frames.push_back(contactSheet(tiles, style));
    }
    return frames;
}

void writeFilm(const std::filesystem::path& place, const std::vector<Image>& frames, double frameSeconds) {
    if (place.extension() == ".gif") return writeGif(place, frames, frameSeconds);
    makeFolder(place);
    for (std::size_t i = 0; i < frames.size(); ++i) writePng(place / fmt::format("frame-{:04}.png", i), frames[i]);
}

}  // namespace maskscope
