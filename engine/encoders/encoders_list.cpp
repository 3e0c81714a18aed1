#include "encoders/causal_transformer.h"
#include "encoders/convnext_v2.h"
#include "encoders/dalle_encoder.h"
#include "encoders/encoder.h"
#include "encoders/gat.h"
#include "encoders/gin.h"
#include "encoders/hiera.h"
#include "encoders/palette.h"
#include "encoders/patch_discriminator.h"
#include "encoders/resnet.h"
#include "encoders/series_transformer.h"
#include "encoders/swin.h"
#include "encoders/text_transformer.h"
#include "encoders/unet.h"
#include "encoders/vit.h"
#include "encoders/vqgan_encoder.h"
#include "encoders/waveform_transformer.h"

namespace maskscope {

EncoderRegistry makeEncoderRegistry() {
    EncoderRegistry registry("encoder");
    registry.add<Vit>("vit", 'T', "Vision Transformer: drops hidden tokens, replaces them by a mask token, or keeps them all");
    registry.add<Swin>("swin", 'T', "Swin Transformer, first and second version: attention inside windows that shift, on a grid that halves");
    registry.add<Hiera>("hiera", 'T', "Hiera: attention inside mask units, which hidden ones can be dropped from, then over all of them");
    registry.add<ConvNextV2>("convnext_v2", 'C', "ConvNeXt V2: convolutions that leave out what is hidden, or see a mask token there");
    registry.add<ResNet>("resnet", 'C', "ResNet: convolutions and batch norms that leave out what is hidden (SparK)");
    registry.add<TextTransformer>("text_transformer", 'T', "bidirectional transformer over tokens of text (BERT, RoBERTa)");
    registry.add<DalleEncoder>("dalle", 'C', "the encoder of DALL-E's discrete autoencoder: logits over the codes that BEiT and FLAVA predict");
    registry.add<Palette>("palette", 'C', "a palette of colours as tokenizer: the code of a patch is its nearest colour (iGPT)");
    registry.add<VqganEncoder>("vqgan", 'C', "the encoder of VQGAN with its codebook: distances to the entries");
    registry.add<PatchDiscriminator>("patch_discriminator", 'C', "tells real pictures from painted ones, patch by patch (VQ-GAN)");
    registry.add<UNet>("unet", 'C', "U-Net: a few values for every pixel, such as the masks that ADIOS draws");
    registry.add<CausalTransformer>("causal_transformer", 'T', "transformer over codes in which nobody sees what comes later (iGPT)");
    registry.add<WaveformTransformer>("waveform_transformer", 'T',
                                      "transformer over frames that convolutions make of a waveform (wav2vec 2.0, HuBERT, data2vec)");
    registry.add<SeriesTransformer>("series_transformer", 'T', "transformer over patches of several series, each for itself (PatchTST)");
    registry.add<Gin>("gin", 'G', "graph isomorphism network: a node sums what its neighbours say (GraphMAE, AttrMasking)");
    registry.add<Gat>("gat", 'G', "graph attention network: a node weighs what its neighbours say (GraphMAE)");
    return registry;
}

}  // namespace maskscope
