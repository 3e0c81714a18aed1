#include "losses/cross_entropy_loss.h"
#include "losses/dino_loss.h"
#include "losses/frequency_loss.h"
#include "losses/hinge_loss.h"
#include "losses/ibot_loss.h"
#include "losses/kl_loss.h"
#include "losses/koleo_loss.h"
#include "losses/l1_loss.h"
#include "losses/loss.h"
#include "losses/mse_loss.h"
#include "losses/msn_loss.h"
#include "losses/nt_xent_loss.h"
#include "losses/ranking_loss.h"
#include "losses/scaled_cosine_loss.h"
#include "losses/smooth_l1_loss.h"
#include "losses/sparsity_loss.h"
#include "losses/vq_loss.h"

namespace maskscope {

LossRegistry makeLossRegistry() {
    LossRegistry registry("loss");
    registry.add<MseLoss>("mse", '-', "mean squared error (MAE)");
    registry.add<L1Loss>("l1", '-', "mean absolute error (SimMIM)");
    registry.add<SmoothL1Loss>("smooth_l1", '-', "squared error for small differences, absolute error for large ones (data2vec)");
    registry.add<CrossEntropyLoss>("cross_entropy", '-', "cross-entropy of codes (BERT)");
    registry.add<VqLoss>("vq", '-', "how far what a tokenizer says lies from the entry of its codebook (VQ-VAE, VQ-GAN)");
    registry.add<KlLoss>("kl", '-', "how far a predicted distribution is from a given one (dVAE's codes from their prior)");
    registry.add<ScaledCosineLoss>("scaled_cosine", '-', "a power of the cosine distance (GraphMAE)");
    registry.add<NtXentLoss>("nt_xent", '-', "finding the other view of a sample among all samples of the batch (SimCLR, CAN)");
    registry.add<DinoLoss>("dino", '-', "cross-entropy with a centred teacher's distribution of another view (DINO)");
    registry.add<IbotLoss>("ibot", '-', "cross-entropy with a centred teacher's distribution of the same patch (iBOT)");
    registry.add<MsnLoss>("msn", '-', "cross-entropy of shares among prototypes, with a prior over them (MSN, PMSN)");
    registry.add<FrequencyLoss>("frequency", '-', "distance of frequencies in the complex plane (MFM)");
    registry.add<HingeLoss>("hinge", '-', "how far verdicts stay behind labels of 1 and -1 (VQ-GAN's discriminator)");
    registry.add<RankingLoss>("ranking", '-', "whether rows come in the order of their targets (HPM)");
    registry.add<KoleoLoss>("koleo", '-', "keeps a sample away from its nearest neighbour in the batch (DINOv2)");
    registry.add<SparsityLoss>("sparsity", '-', "keeps masks that a network draws from hiding everything or nothing (ADIOS)");
    return registry;
}

}  // namespace maskscope
