#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "core/value.h"
#include "interop/named_tensors.h"
#include "tensor/corruption.h"
#include "tensor/input_spec.h"

namespace maskscope {

/// What a trained method is made of, as far as other programs can hold it.
struct ExportSource {
    ImageInput input;           // of an image method
    TextInput text;             // of a text method
    Value encoder;              // its table
    CorruptionKind corruption;  // of its pass
    std::string network;        // beginning of the encoder's tensors, "encoder."
    Value head, target, loss;   // of its objective
    std::string headNetwork;    // beginning of the head's tensors, "head_reconstruction."
    double maskRatio = 0.75;    // of what is hidden
    NamedTensors weights;       // by the names of a composed method's state
};

/// A model in the words of another program.
struct ExportedModel {
    nlohmann::json config;        // config.json
    nlohmann::json preprocessor;  // preprocessor_config.json; null: there is none
    NamedTensors tensors;
    std::string className;  // that opens it
    std::string note;       // what stayed behind, in a sentence; empty: nothing
};

/// The layout of Hugging Face transformers: ViTMAEForPreTraining for a ViT that drops patches under a transformer decoder for pixels,
/// ViTForMaskedImageModeling for one with a mask token under a linear head for plain pixels, else ViTModel or, without a class token,
/// IJepaModel, without the head.
/// @throws UsageError naming the setting of the encoder that these classes lack
ExportedModel exportToTransformers(const ExportSource& source);

/// The layout of timm: VisionTransformer without a classifier.
/// @throws UsageError likewise
ExportedModel exportToTimm(const ExportSource& source);

}  // namespace maskscope
