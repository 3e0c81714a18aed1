#pragma once

#include <memory>
#include <string>

#include "encoders/dalle_encoder.h"
#include "families/model_config.h"
#include "families/model_weights.h"

namespace maskscope {

/// FLAVA's image codebook as our encoder 'dalle'. @param prefix  of its tensors, "image_codebook." or none
std::shared_ptr<DalleEncoder> makeFlavaCodebook(ModelConfig& config, ModelWeights& weights, const std::string& prefix);

}  // namespace maskscope
