#pragma once

#include <cstdint>

#include "snapshot/picture.h"

namespace maskscope {

/// One sample as a model fills it in, in answer to a question.
struct ReconstructionRecord {
    std::int64_t step = 0;  // of the weights that answered
    Picture picture;
    double hiddenLoss = 0.0;  // images: mean squared error on hidden patches, [-1, 1] pixel units; otherwise the objective's loss
};

}  // namespace maskscope
