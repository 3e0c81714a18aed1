#include <filesystem>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "console.h"
#include "core/error.h"
#include "core/files.h"
#include "media/decode.h"
#include "media/picture.h"
#include "reconstruct.h"

namespace maskscope::cli {
namespace {

namespace fs = std::filesystem;

/// A picture without labels cannot be told from an honest one, so this one is framed and labelled.
Image labelledLeak(const Image& picture) {
    const std::vector<Tile> tiles{{picture, "LEAKS", true}};
    SheetStyle style;
    style.scale = std::max(1, 128 / picture.width);
    return contactSheet(tiles, style);
}

nlohmann::json writePictures(const ImagePicture& answer, const fs::path& out, const std::string& stem, bool leaks) {
    nlohmann::json files = nlohmann::json::array();
    const auto write = [&](const std::string& name, const Image& picture) {
        if (picture.empty()) return;
        const fs::path file = out / fmt::format("{}-{}.png", stem, name);
        writePng(file, picture);
        files.push_back(file.string());
    };
    write("input", answer.original);
    write("masked", answer.masked);
    for (const ImagePicture::Extra& extra : answer.extras) write(extra.name, extra.image);
    write(answer.composite.empty() ? "prediction" : "reconstruction", answer.prediction);
    write("composite", answer.composite);
    write("error", answer.error);
    if (leaks && answer.leaking) write("composite-LEAKS", labelledLeak(*answer.leaking));
    return files;
}

/// Checkpoints of other programs know no step.
nlohmann::json stepOf(const ReconstructOptions& options, const RunSession& opened) {
    return options.model.empty() ? nlohmann::json(opened.step) : nlohmann::json();
}

std::string uniqueStem(const fs::path& image, std::set<std::string>& used) {
    std::string stem = image.stem().string();
    for (int n = 2; !used.insert(stem).second; ++n) stem = fmt::format("{}-{}", image.stem().string(), n);
    return stem;
}

}  // namespace

int reconstructImages(const ReconstructOptions& options, RunSession& opened) {
    std::set<std::string> used;
    int status = 0;
    for (const std::string& image : options.images) {
        View view;
        try {
            view = readingInput([&] { return opened.session->withPartner(opened.session->viewOf(readImageFile(image))); });
        } catch (const DataError& error) {
            status = reportError(error.what(), 2);  // the others are still done
            continue;
        } catch (const ShapeError& error) {
            status = reportError(fmt::format("{}: {}", image, error.what()), 2);
            continue;
        }
        const Reconstruction result = opened.session->reconstruct(view, readingInput([&] { return planFor(options, *opened.session, view); }));
        const ImagePicture& answer = std::get<ImagePicture>(result.pictures.front());
        if (options.leaks && !answer.leaking)
            fmt::print(stderr, "--leaks: this recipe's targets use no patch statistics, so there is no leaking view\n");
        makeFolder(options.out);
        const nlohmann::json files = writePictures(answer, options.out, uniqueStem(image, used), options.leaks);
        if (options.json)
            printJson({{"image", image}, {"step", stepOf(options, opened)}, {"hidden_loss", result.hiddenLoss}, {"files", files}});
        else
            fmt::print("{}: {} on hidden patches {:.4f}, {} pictures in {}\n", image, answer.composite.empty() ? "loss" : "squared error",
                       result.hiddenLoss, files.size(), options.out);
    }
    return status;
}

}  // namespace maskscope::cli
