#include "families/image_statistics.h"

#include <fmt/format.h>

#include "core/error.h"

namespace maskscope {
namespace {

constexpr std::int64_t kMostChannels = 4096;  // as in recipes

void checkChannels(const ModelConfig& config, const ImageInput& input) {
    if (input.channels < 1 || input.channels > kMostChannels)
        throw DataError(fmt::format("{}: images of {} channels, expected 1 to {}", config.subject(), input.channels, kMostChannels));
}

/// One value a channel; statistics of another number of channels say nothing about these.
bool put(const std::vector<double>& mean, const std::vector<double>& std, ImageInput& input) {
    const auto channels = static_cast<std::size_t>(input.channels);
    if (mean.size() != channels || std.size() != channels) return false;
    input.mean = mean;
    input.std = std;
    return true;
}

std::string putUsual(const ImageStatistics& usual, ImageInput& input) {
    if (put(usual.mean, usual.std, input)) return "the usual ones of this family, since the files do not say";
    const auto channels = static_cast<std::size_t>(input.channels);
    put(std::vector<double>(channels, 0.5), std::vector<double>(channels, 0.5), input);
    return "0.5 and 0.5, since the files do not say and there is no custom for this number of channels";
}

}  // namespace

std::string readStatistics(const ModelConfig& config, const ImageStatistics& usual, ImageInput& input) {
    checkChannels(config, input);
    auto preprocessor = config.beside("preprocessor_config.json");
    if (!preprocessor) return putUsual(usual, input);
    if (!preprocessor->get<bool>("do_normalize", true)) {
        const auto channels = static_cast<std::size_t>(input.channels);
        put(std::vector<double>(channels, 0.0), std::vector<double>(channels, 1.0), input);
        return "none (preprocessor_config.json: do_normalize is false)";
    }
    const auto mean = preprocessor->get<std::vector<double>>("image_mean", {}), std = preprocessor->get<std::vector<double>>("image_std", {});
    return put(mean, std, input) ? "preprocessor_config.json" : putUsual(usual, input);
}

std::string readTimmStatistics(ModelConfig& config, const ImageStatistics& usual, ImageInput& input) {
    checkChannels(config, input);
    ModelConfig pretrained = config.section("pretrained_cfg");
    // Where the weights come from, and how images are cut for them.
    pretrained.ignore({"url",        "file",           "state_dict", "hf_hub_id",       "hf_hub_filename", "source",           "architecture",
                       "tag",        "custom_load",    "input_size", "test_input_size", "min_input_size",  "fixed_input_size", "interpolation",
                       "crop_pct",   "test_crop_pct",  "crop_mode",  "num_classes",     "label_offset",    "label_names",      "label_descriptions",
                       "pool_size",  "test_pool_size", "first_conv", "classifier",      "license",         "description",      "origin_url",
                       "paper_name", "paper_ids",      "notes"});
    const auto mean = pretrained.get<std::vector<double>>("mean", {}), std = pretrained.get<std::vector<double>>("std", {});
    return put(mean, std, input) ? "its pretrained_cfg" : putUsual(usual, input);
}

}  // namespace maskscope
