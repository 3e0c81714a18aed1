#include "encoders/encoder.h"
#include "encoders/gat.h"
#include "encoders/gin.h"
#include "encoders/text_transformer.h"
#include "encoders/vit.h"

namespace maskscope {

EncoderRegistry makeEncoderRegistry() {
    EncoderRegistry registry("encoder");
    registry.add<Vit>("vit", 'T', "Vision Transformer: drops hidden tokens, replaces them by a mask token, or keeps them all");
    registry.add<TextTransformer>("text_transformer", 'T', "bidirectional transformer over tokens of text (BERT, RoBERTa)");
    registry.add<Gin>("gin", 'G', "graph isomorphism network: a node sums what its neighbours say (GraphMAE, AttrMasking)");
    registry.add<Gat>("gat", 'G', "graph attention network: a node weighs what its neighbours say (GraphMAE)");
    return registry;
}

}  // namespace maskscope
