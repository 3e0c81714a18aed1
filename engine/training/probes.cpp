#include "training/probes.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <fmt/format.h>
#include <torch/torch.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "interop/picture_json.h"
#include "media/picture.h"
#include "recipes/evaluation_scope.h"
#include "recipes/evaluation_views.h"

namespace maskscope {

ProbeRecord showProbes(Method& method, const DataDomain& domain, const View& view, const MaskPlan& plan, std::int64_t step) {
    const EvaluationScope evaluating(method);
    const MaskPlan shown = plan.firstCopies();
    const auto prediction = method.predict(view, shown);
    if (!prediction) return {.step = step, .pictures = {}};
    return {.step = step, .pictures = domain.pictures(view, firstHidden(view, shown), &*prediction)};
}

namespace {

constexpr int kShownSidePx = 96;

Image writeSheet(const std::filesystem::path& file, const ProbeRecord& record) {
    std::vector<Tile> tiles;
    const auto add = [&](const Image& image, const char* title, bool leaks) {
        if (!image.empty()) tiles.push_back({image, title, leaks});
    };
    for (const Picture& picture : record.pictures) {
        const ImagePicture& probe = std::get<ImagePicture>(picture);
        const bool first = tiles.empty();
        add(probe.original, first ? "original" : "", false);
        add(probe.masked, first ? "masked" : "", false);
        for (const ImagePicture::Extra& extra : probe.extras) add(extra.image, first ? extra.name.c_str() : "", false);
        add(probe.prediction, first ? "prediction" : "", false);
        add(probe.composite, first ? "composite" : "", false);
        if (probe.leaking) add(*probe.leaking, first ? "LEAKS" : "", true);
    }
    SheetStyle style;
    style.columns = static_cast<int>(tiles.size() / record.pictures.size());
    const auto narrower = [](const Tile& a, const Tile& b) { return a.image.width < b.image.width; };
    style.scale = std::max(1, kShownSidePx / std::max_element(tiles.begin(), tiles.end(), narrower)->image.width);
    const Image sheet = contactSheet(tiles, style);
    writePng(file, sheet);
    return sheet;
}

}  // namespace

Image writeProbes(const std::filesystem::path& folder, const ProbeRecord& record) {
    const std::filesystem::path file = probeSheetFile(folder, record.step);
    if (std::holds_alternative<ImagePicture>(record.pictures.front())) return writeSheet(file, record);
    nlohmann::json list = nlohmann::json::array();
    for (const Picture& picture : record.pictures) list.push_back(pictureJson(picture));
    writeFileAtomically(std::filesystem::path(file).replace_extension(".json"), list.dump());
    return {};
}

std::filesystem::path probeSheetFile(const std::filesystem::path& folder, std::int64_t step) { return folder / fmt::format("step-{:08}.png", step); }

void cutProbesAfter(const std::filesystem::path& folder, std::int64_t step) {
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
