#include "losses/cross_entropy_loss.h"
#include "losses/l1_loss.h"
#include "losses/loss.h"
#include "losses/mse_loss.h"
#include "losses/scaled_cosine_loss.h"
#include "losses/smooth_l1_loss.h"

namespace maskscope {

LossRegistry makeLossRegistry() {
    LossRegistry registry("loss");
    registry.add<MseLoss>("mse", '-', "mean squared error (MAE)");
    registry.add<L1Loss>("l1", '-', "mean absolute error (SimMIM)");
    registry.add<SmoothL1Loss>("smooth_l1", '-', "squared error for small differences, absolute error for large ones (data2vec)");
    registry.add<CrossEntropyLoss>("cross_entropy", '-', "cross-entropy of codes (BERT)");
    registry.add<ScaledCosineLoss>("scaled_cosine", '-', "a power of the cosine distance (GraphMAE)");
    return registry;
}

}  // namespace maskscope
