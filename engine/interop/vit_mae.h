#pragma once

#include <filesystem>

#include "core/value.h"
#include "interop/named_tensors.h"

namespace maskscope {

/// A checkpoint of another program, brought into our terms.
struct ForeignModel {
    Value recipe;          // the method that it is, without a schedule
    NamedTensors weights;  // by the names of a composed method's state
};

/// Reads a ViT-MAE folder in the layout of Hugging Face transformers: config.json ("model_type": "vit_mae") and
/// model.safetensors. Decoder blocks may be called decoder_layers or decoder_encoder.layer.
/// @throws DataError naming the key of the config that cannot be honoured, or the tensor that is missing
ForeignModel readVitMae(const std::filesystem::path& folder);

}  // namespace maskscope
