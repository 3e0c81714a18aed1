#pragma once

#include <memory>

#include "families/family.h"

namespace maskscope {

/// SparK (Tian et al., ICLR 2023): a ResNet or ConvNeXt that leaves out what is hidden, with the decoder that was trained on it where
/// the file holds one.
///
/// Asked by the argument names of its authors' code: `inp_bchw` [B, C, H, W] and, with a decoder, `active_b1ff` [B, 1, f, f], 1 = visible.
/// Answers hidden_states.<i> [B, D, h, w], the finest map first; with a decoder also reconstruction [B, C, H, W], of normalised
/// patches, and loss.
std::unique_ptr<FamilyModel> openSpark(ModelConfig& config, ModelWeights& weights);

}  // namespace maskscope
