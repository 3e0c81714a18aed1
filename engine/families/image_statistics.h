#pragma once

#include <string>
#include <vector>

#include "families/model_config.h"
#include "tensor/input_spec.h"

namespace maskscope {

/// Mean and deviation of the [0, 1] pixel range that inputs are normalised with.
struct ImageStatistics {
    std::vector<double> mean, std;

    static ImageStatistics imageNet() { return {{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}}; }
    static ImageStatistics halves() { return {{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}}; }
    static ImageStatistics clip() { return {{0.48145466, 0.4578275, 0.40821073}, {0.26862954, 0.26130258, 0.27577711}}; }
};

/// Puts the statistics into `input`: from preprocessor_config.json beside the config, else the family's usual ones.
/// @return where they come from, in words for the identity card
std::string readStatistics(const ModelConfig& config, const ImageStatistics& usual, ImageInput& input);

/// Puts the statistics of a timm config's `pretrained_cfg` into `input`, else the usual ones.
std::string readTimmStatistics(ModelConfig& config, const ImageStatistics& usual, ImageInput& input);

}  // namespace maskscope
