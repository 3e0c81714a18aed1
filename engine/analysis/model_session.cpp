#include "analysis/model_session.h"

#include <fstream>

#include <fmt/format.h>

#include "core/error.h"
#include "core/text.h"

namespace maskscope {
namespace {

/// Whether a file begins as torch.save begins it: a zip archive, or a pickle of older versions.
bool isTorchFile(const std::filesystem::path& file) {
    char start[2] = {};
    std::ifstream(file, std::ios::binary).read(start, sizeof(start));
    return (start[0] == 'P' && start[1] == 'K') || start[0] == '\x80';
}

}  // namespace

ModelSession openModelSession(const std::filesystem::path& place, const std::optional<Sides>& size) {
    OpenedModel opened = openFamilyModel(place);
    const auto method = opened.model->asMethod(size);
    if (!method)
        throw UsageError(fmt::format("{}: a model of the family '{}' answers to `forward` alone{}{}", place.string(), opened.card.family,
                                     opened.card.worksNot.empty() ? "" : ": ", join(opened.card.worksNot, " ")));
    return {std::move(opened.card), std::make_unique<InferenceSession>(expandRecipe(method->recipe), method->weights, nullptr, WeightMemory::Shared)};
}

bool looksLikeModel(const std::filesystem::path& place) {
    std::error_code code;
    if (!std::filesystem::is_directory(place, code)) {
        const std::string ending = place.extension().string();
        if (ending == ".bin") return isTorchFile(place);  // CIFAR's files end so, too
        return ending == ".safetensors" || ending == ".pth" || ending == ".pt" || ending == ".ckpt" ||
               place.string().ends_with(".safetensors.index.json");
    }
    if (!std::filesystem::exists(place / "config.json", code)) return false;
    const auto holds = [&](const char* name) { return std::filesystem::exists(place / name, code); };
    return holds("model.safetensors") || holds("model.safetensors.index.json") || holds("pytorch_model.bin") || holds("pytorch_model.bin.index.json");
}

}  // namespace maskscope
