#include "training/probes.h"

#include <charconv>
#include <cstring>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "core/files.h"
#include "media/picture.h"
#include "media/reconstruction_pictures.h"
#include "recipes/evaluation_scope.h"
#include "tensor/patches.h"

namespace maskscope {

ProbeRecord showProbes(Method& method, const View& view, const MaskPlan& plan, std::int64_t step) {
    ProbeRecord record{.step = step, .probes = {}};
    const EvaluationScope evaluating(method);
    const auto prediction = method.predictPixels(view, plan);
    if (!prediction) return record;
    const InputSpec& input = method.spec().input;
    const at::Tensor unit = toUnitPixels(view.pixels(), input);
    const at::Tensor hidden = plan.masks().front().hidden.to(at::kCPU);
    for (std::int64_t i = 0; i < unit.size(0); ++i) {
        ProbeRecord::Probe probe;
        const at::Tensor flags = hidden[i].contiguous();
        probe.original = showUnitPixels(unit[i]);
        probe.masked = maskedPicture(probe.original, flags, input);
        probe.prediction = showUnitPixels(prediction->prediction[i]);
        if (!prediction->visibleLearned) probe.prediction = hiddenPatchesPicture(probe.prediction, flags, input);
        probe.composite = showUnitPixels(compositePixels(unit[i], prediction->prediction[i], flags, input));
        if (prediction->leaking) probe.leaking = showUnitPixels((*prediction->leaking)[i]);
        for (std::int64_t n = 0; n < flags.size(0); ++n) probe.hidden.push_back(flags.const_data_ptr<float>()[n] > 0.5F ? 1 : 0);
        record.probes.push_back(std::move(probe));
    }
    return record;
}

Image writeProbeSheet(const std::filesystem::path& file, const ProbeRecord& record) {
    const bool leaks = record.probes.front().leaking.has_value();
    std::vector<Tile> tiles;
    for (const ProbeRecord::Probe& probe : record.probes) {
        const bool first = tiles.empty();
        tiles.push_back({probe.original, first ? "original" : "", false});
        tiles.push_back({probe.masked, first ? "masked" : "", false});
        tiles.push_back({probe.prediction, first ? "prediction" : "", false});
        tiles.push_back({probe.composite, first ? "composite" : "", false});
        if (leaks) tiles.push_back({*probe.leaking, first ? "LEAKS" : "", true});
    }
    SheetStyle style;
    style.columns = leaks ? 5 : 4;
    style.scale = std::max(1, 96 / record.probes.front().original.width);
    const Image sheet = contactSheet(tiles, style);
    writePng(file, sheet);
    return sheet;
}

std::filesystem::path probeSheetFile(const std::filesystem::path& folder, std::int64_t step) { return folder / fmt::format("step-{:08}.png", step); }

void cutProbeSheetsAfter(const std::filesystem::path& folder, std::int64_t step) {
    std::error_code code;
    for (const auto& entry : std::filesystem::directory_iterator(folder, code)) {
        const std::string name = entry.path().stem().string();
        std::int64_t found = 0;
        if (name.compare(0, 5, "step-") != 0 || std::from_chars(name.data() + 5, name.data() + name.size(), found).ec != std::errc()) continue;
        if (found > step && !std::filesystem::remove(entry.path(), code))
            throw FileError(fmt::format("{}: cannot be removed: {}; check the folder's permissions", entry.path().string(), code.message()));
    }
}

}  // namespace maskscope
