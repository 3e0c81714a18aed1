#pragma once

#include "families/exported_model.h"

namespace maskscope {

/// The layout of Hugging Face transformers for texts: BertForMaskedLM with the head that predicts tokens, else BertModel. Token numbers
/// are those of the run's own tokenizer, which stays behind.
/// @throws UsageError naming the setting of the encoder that BERT lacks
ExportedModel exportTextToTransformers(const ExportSource& source);

}  // namespace maskscope
