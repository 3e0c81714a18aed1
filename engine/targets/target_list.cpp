#include "targets/code_target.h"
#include "targets/constant_target.h"
#include "targets/edge_kind_target.h"
#include "targets/even_codes_target.h"
#include "targets/feature_target.h"
#include "targets/hog_target.h"
#include "targets/node_feature_target.h"
#include "targets/node_kind_target.h"
#include "targets/online_tokenizer_target.h"
#include "targets/pixel_target.h"
#include "targets/spectrum_target.h"
#include "targets/target.h"
#include "targets/token_loss_target.h"
#include "targets/token_target.h"

namespace maskscope {

TargetRegistry makeTargetRegistry() {
    TargetRegistry registry("target");
    registry.add<PixelTarget>("pixel", 'P', "the pixels of each patch, normalised a patch if asked (MAE, SimMIM)");
    registry.add<SpectrumTarget>("spectrum", 'F', "the frequencies of the image (MFM)");
    registry.add<HogTarget>("hog", 'F', "histograms of oriented gradients of each patch (MaskFeat)");
    registry.add<TokenTarget>("token", 'T', "the tokens of a text (BERT)");
    registry.add<CodeTarget>("code", 'T', "the codes of a tokenizer, which another pass runs (BEiT)");
    registry.add<EvenCodesTarget>("even_codes", 'T', "all codes of a tokenizer alike: the prior of a discrete autoencoder (dVAE)");
    registry.add<ConstantTarget>("constant", '-', "one number: the label of what a discriminator sees (VQ-GAN)");
    registry.add<FeatureTarget>("feature", 'F', "what another network says: the mean of its top layers, or its answer (data2vec, I-JEPA)");
    registry.add<OnlineTokenizerTarget>("online_tokenizer", 'T', "which of a head's prototypes a teacher sees in a token (iBOT)");
    registry.add<TokenLossTarget>("token_loss", '-', "how badly another objective did at each token (HPM)");
    registry.add<NodeFeatureTarget>("node_feature", 'F', "the attributes of the nodes of a graph (GraphMAE)");
    registry.add<NodeKindTarget>("node_kind", 'T', "the kinds of the nodes of a graph (AttrMasking)");
    registry.add<EdgeKindTarget>("edge_kind", 'T', "the kinds of the edges of a graph (AttrMasking)");
    return registry;
}

}  // namespace maskscope
