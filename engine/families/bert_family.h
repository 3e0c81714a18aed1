#pragma once

#include "families/family.h"

namespace maskscope {

/// BERT of Hugging Face transformers (Devlin et al., NAACL 2019): BertModel, BertForMaskedLM, BertForPreTraining,
/// BertForNextSentencePrediction, BertForSequenceClassification, BertForTokenClassification.
std::unique_ptr<FamilyModel> openBert(ModelConfig& config, ModelWeights& weights);

/// RoBERTa (Liu et al., 2019): RobertaModel, RobertaForMaskedLM, RobertaForSequenceClassification,
/// RobertaForTokenClassification.
std::unique_ptr<FamilyModel> openRoberta(ModelConfig& config, ModelWeights& weights);

/// ESM-2 and ESM-1b for proteins (Lin et al., Science 2023; Rives et al., PNAS 2021): EsmModel, EsmForMaskedLM,
/// EsmForSequenceClassification, EsmForTokenClassification.
std::unique_ptr<FamilyModel> openEsm(ModelConfig& config, ModelWeights& weights);

}  // namespace maskscope
