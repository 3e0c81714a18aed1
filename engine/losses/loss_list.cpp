#include "losses/l1_loss.h"
#include "losses/loss.h"
#include "losses/mse_loss.h"
#include "losses/smooth_l1_loss.h"

namespace maskscope {

LossRegistry makeLossRegistry() {
    LossRegistry registry("loss");
    registry.add<MseLoss>("mse", '-', "mean squared error (MAE)");
    registry.add<L1Loss>("l1", '-', "mean absolute error (SimMIM)");
    registry.add<SmoothL1Loss>("smooth_l1", '-', "squared error for small differences, absolute error for large ones (data2vec)");
    return registry;
}

}  // namespace maskscope
