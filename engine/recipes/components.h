#pragma once

#include "encoders/encoder.h"
#include "heads/head.h"
#include "losses/loss.h"
#include "masks/mask_strategy.h"
#include "targets/target.h"

namespace maskscope {

/// Everything that recipes can be composed of.
struct Components {
    MaskRegistry masks = makeMaskRegistry();
    TargetRegistry targets = makeTargetRegistry();
    EncoderRegistry encoders = makeEncoderRegistry();
    HeadRegistry heads = makeHeadRegistry();
    LossRegistry losses = makeLossRegistry();
};

}  // namespace maskscope
