#include "heads/convolution_head.h"
#include "heads/edge_linear_head.h"
#include "heads/gnn_head.h"
#include "heads/head.h"
#include "heads/linear_head.h"
#include "heads/masked_language_head.h"
#include "heads/mlp_head.h"
#include "heads/predictor_head.h"
#include "heads/prototype_head.h"
#include "heads/transformer_head.h"

namespace maskscope {

HeadRegistry makeHeadRegistry() {
    HeadRegistry registry("head");
    registry.add<LinearHead>("linear", 'M', "one linear map a token");
    registry.add<MlpHead>("mlp", 'M', "a multi-layer perceptron a token");
    registry.add<PrototypeHead>("prototypes", 'M', "cosines with learned prototypes, for a teacher that has such a head too (DINO, iBOT, MSN)");
    registry.add<TransformerHead>("transformer", 'M', "a transformer decoder that puts mask tokens where the encoder dropped tokens");
    registry.add<PredictorHead>("predictor", 'M', "a transformer that gets only the visible tokens and the places to predict (I-JEPA)");
    registry.add<ConvolutionHead>("convolution", 'M', "a small convolutional network over the grid, holes filled (data2vec 2.0)");
    registry.add<MaskedLanguageHead>("masked_language", 'M', "logits over the vocabulary, with the encoder's token embedding as weights (BERT)");
    registry.add<GnnHead>("gnn", 'M', "a decoder of messages between neighbours that masks the hidden nodes again (GraphMAE)");
    registry.add<EdgeLinearHead>("edge_linear", 'M', "one linear map an edge, from the sum of its end nodes (AttrMasking)");
    return registry;
}

}  // namespace maskscope
