#include "heads/codebook_head.h"
#include "heads/convnext_head.h"
#include "heads/convolution_head.h"
#include "heads/dalle_head.h"
#include "heads/edge_linear_head.h"
#include "heads/gnn_head.h"
#include "heads/head.h"
#include "heads/identity_head.h"
#include "heads/linear_head.h"
#include "heads/masked_language_head.h"
#include "heads/mlp_head.h"
#include "heads/predictor_head.h"
#include "heads/prototype_head.h"
#include "heads/pyramid_head.h"
#include "heads/spectrum_head.h"
#include "heads/transformer_head.h"
#include "heads/vqgan_head.h"

namespace maskscope {

HeadRegistry makeHeadRegistry() {
    HeadRegistry registry("head");
    registry.add<LinearHead>("linear", 'M', "one linear map a token");
    registry.add<MlpHead>("mlp", 'M', "a multi-layer perceptron a token");
    registry.add<PrototypeHead>("prototypes", 'M', "cosines with learned prototypes, for a teacher that has such a head too (DINO, iBOT, MSN)");
    registry.add<TransformerHead>("transformer", 'M', "a transformer decoder that puts mask tokens where the encoder dropped tokens");
    registry.add<PredictorHead>("predictor", 'M', "a transformer that gets only the visible tokens and the places to predict (I-JEPA)");
    registry.add<ConvolutionHead>("convolution", 'M', "a small convolutional network over the grid, holes filled (data2vec 2.0)");
    registry.add<ConvNextHead>("convnext", 'M', "ConvNeXt blocks over a grid with mask tokens where the encoder left places out (ConvNeXt V2)");
    registry.add<PyramidHead>("pyramid", 'M', "from all maps of a network of convolutions down to pixels, mask tokens on each (SparK)");
    registry.add<DalleHead>("dalle", 'M', "draws a code a token from logits and paints pixels from the codes (dVAE)");
    registry.add<CodebookHead>("codebook", 'M', "the entry of the tokenizer's codebook that each token becomes (iGPT's palette, VQ-VAE)");
    registry.add<SpectrumHead>("spectrum", 'M', "one linear map a token to pixels, and their spectrum (MFM)");
    registry.add<VqganHead>("vqgan", 'M', "paints pixels from the nearest entries of a codebook (VQ-GAN)");
    registry.add<IdentityHead>("identity", 'M', "the features themselves, for objectives on what an encoder says");
    registry.add<MaskedLanguageHead>("masked_language", 'M', "logits over the vocabulary, with the encoder's token embedding as weights (BERT)");
    registry.add<GnnHead>("gnn", 'M', "a decoder of messages between neighbours that masks the hidden nodes again (GraphMAE)");
    registry.add<EdgeLinearHead>("edge_linear", 'M', "one linear map an edge, from the sum of its end nodes (AttrMasking)");
    return registry;
}

}  // namespace maskscope
