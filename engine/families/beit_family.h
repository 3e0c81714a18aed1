#pragma once

#include "families/family.h"

namespace maskscope {

/// BEiT of Hugging Face transformers (Bao et al., ICLR 2022): BeitModel, BeitForMaskedImageModeling, BeitForImageClassification.
std::unique_ptr<FamilyModel> openBeit(ModelConfig& config, ModelWeights& weights);

/// The image form of data2vec (Baevski et al., ICML 2022), the same network: Data2VecVisionModel, Data2VecVisionForImageClassification.
std::unique_ptr<FamilyModel> openData2VecVision(ModelConfig& config, ModelWeights& weights);

}  // namespace maskscope
