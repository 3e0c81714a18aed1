#include "families/ast_family.h"
#include "families/beit_family.h"
#include "families/bert_family.h"
#include "families/clip_vision_family.h"
#include "families/convnext_v2_family.h"
#include "families/dinov2_family.h"
#include "families/family.h"
#include "families/flava_family.h"
#include "families/hiera_family.h"
#include "families/imagegpt_family.h"
#include "families/patchtst_family.h"
#include "families/spark_family.h"
#include "families/speech_family.h"
#include "families/swin_family.h"
#include "families/timm_beit_family.h"
#include "families/timm_vit_family.h"
#include "families/videomae_family.h"
#include "families/vit_family.h"
#include "families/vit_mae_family.h"
#include "families/vq_tokenizer_family.h"

namespace maskscope {

const std::vector<Family>& families() {
    static const std::vector<Family> all{
        {"vit_mae", {"vit_mae"}, Family::Layout::Transformers, openVitMae},
        {"vit", {"vit"}, Family::Layout::Transformers, openVit},
        {"deit", {"deit"}, Family::Layout::Transformers, openDeit},
        {"ijepa", {"ijepa"}, Family::Layout::Transformers, openIJepa},
        {"dinov2", {"dinov2", "dinov2_with_registers"}, Family::Layout::Transformers, openDinov2},
        {"clip_vision", {"clip_vision_model"}, Family::Layout::Transformers, openClipVision},
        {"timm_vit", {"vit_", "deit_", "deit3_"}, Family::Layout::Timm, openTimmVit},

        {"swin", {"swin", "swinv2"}, Family::Layout::Transformers, openSwin},
        {"timm_swin", {"swin_tiny", "swin_small", "swin_base", "swin_large", "swin_s3"}, Family::Layout::Timm, openTimmSwin},
        {"timm_swinv2", {"swinv2_tiny", "swinv2_small", "swinv2_base", "swinv2_large"}, Family::Layout::Timm, openTimmSwin},
        {"convnextv2", {"convnextv2"}, Family::Layout::Transformers, openConvNextV2},
        {"timm_convnextv2", {"convnextv2"}, Family::Layout::Timm, openTimmConvNextV2},
        {"spark", {"spark"}, Family::Layout::Transformers, openSpark},
        {"hiera", {"hiera"}, Family::Layout::Transformers, openHiera},
        {"videomae", {"videomae"}, Family::Layout::Transformers, openVideoMae},
        {"janus_vqvae", {"janus_vqgan"}, Family::Layout::Transformers, openJanusTokenizer},
        {"chameleon_vqvae", {"chameleon_vqgan"}, Family::Layout::Transformers, openChameleonTokenizer},

        {"beit", {"beit"}, Family::Layout::Transformers, openBeit},
        {"data2vec_vision", {"data2vec-vision"}, Family::Layout::Transformers, openData2VecVision},
        {"bert", {"bert"}, Family::Layout::Transformers, openBert},
        {"roberta", {"roberta"}, Family::Layout::Transformers, openRoberta},
        {"esm", {"esm"}, Family::Layout::Transformers, openEsm},
        {"flava", {"flava"}, Family::Layout::Transformers, openFlava},
        {"flava_image", {"flava_image_model"}, Family::Layout::Transformers, openFlavaImage},
        {"flava_text", {"flava_text_model"}, Family::Layout::Transformers, openFlavaText},
        {"flava_multimodal", {"flava_multimodal_model"}, Family::Layout::Transformers, openFlavaMultimodal},
        {"flava_codebook", {"flava_image_codebook"}, Family::Layout::Transformers, openFlavaCodebook},
        {"timm_beit", {"beit_", "beitv2_"}, Family::Layout::Timm, openTimmBeit},
        {"timm_eva", {"eva_", "eva02_"}, Family::Layout::Timm, openTimmEva},

        {"audio_spectrogram_transformer", {"audio-spectrogram-transformer"}, Family::Layout::Transformers, openAudioSpectrogramTransformer},
        {"wav2vec2", {"wav2vec2"}, Family::Layout::Transformers, openWav2Vec2},
        {"hubert", {"hubert"}, Family::Layout::Transformers, openHubert},
        {"data2vec_audio", {"data2vec-audio"}, Family::Layout::Transformers, openData2VecAudio},
        {"imagegpt", {"imagegpt"}, Family::Layout::Transformers, openImageGpt},
        {"patchtst", {"patchtst"}, Family::Layout::Transformers, openPatchTst},
    };
    return all;
}

}  // namespace maskscope
