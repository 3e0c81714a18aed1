#include "families/spark_names.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace maskscope {
namespace {

using nlohmann::json;

/// How many there are of a tensor with a number in its name. @param name  with {} for the number
std::int64_t countOf(const ModelWeights& weights, const std::string& name) {
    std::int64_t count = 0;
    while (weights.has(fmt::format(fmt::runtime(name), count))) ++count;
    return count;
}

json resNetConfig(const ModelWeights& weights) {
    json depths = json::array();
    for (int stage = 1; weights.has(fmt::format("layer{}.0.conv1.weight", stage)); ++stage)
        depths.push_back(countOf(weights, fmt::format("layer{}.", stage) + "{}.conv1.weight"));
    const auto stem = weights.shape("conv1.weight");
    return {{"encoder", "resnet"},
            {"depths", depths},
            {"width", stem.at(0)},
            {"num_channels", stem.at(1)},
            {"bottleneck", weights.has("layer1.0.conv3.weight")}};
}

json convNextConfig(const ModelWeights& weights) {
    json depths = json::array(), widths = json::array();
    for (int stage = 0; weights.has(fmt::format("stages.{}.0.dwconv.weight", stage)); ++stage) {
        depths.push_back(countOf(weights, fmt::format("stages.{}.", stage) + "{}.dwconv.weight"));
        widths.push_back(weights.shape(fmt::format("stages.{}.0.dwconv.weight", stage)).at(0));
    }
    const auto stem = weights.shape("downsample_layers.0.0.weight");
    return {{"encoder", "convnext"},      {"depths", depths},         {"widths", widths},
            {"num_channels", stem.at(1)}, {"patch_size", stem.at(2)}, {"layer_scale", weights.has("stages.0.0.gamma")}};
}

}  // namespace

std::optional<json> recogniseSpark(ModelWeights& weights) {
    weights.dropPrefix("sparse_encoder.sp_cnn.");
    const bool resNet = weights.has("conv1.weight") && weights.has("layer1.0.conv1.weight") && weights.has("bn1.running_mean"),
               convNext =
                   weights.has("downsample_layers.0.0.weight") && weights.has("stages.0.0.dwconv.weight") && !weights.has("stages.0.0.grn.gamma");
    if (!resNet && !convNext) return std::nullopt;
    json config = resNet ? resNetConfig(weights) : convNextConfig(weights);
    config["model_type"] = "spark";
    config["image_size"] = weights.has("norm_black") ? weights.shape("norm_black").at(3) : 224;  // an unused picture of the input's size
    if (weights.has("dense_decoder.dec.0.up_sample.weight")) {
        config["decoder_width"] = weights.shape("dense_decoder.dec.0.up_sample.weight").at(0);
        config["densify_norm"] = weights.has("densify_norms.0.running_mean") ? "bn" : "ln";
    }
    return config;
}

}  // namespace maskscope
