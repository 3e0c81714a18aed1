#pragma once

#include "families/model_weights.h"

namespace maskscope {

/// Whether the tensors are those of a network of sparse convolutions, as the pre-training of ConvNeXt V2 writes them (MinkowskiEngine).
bool hasSparseKernels(const ModelWeights& weights);

/// Lets the tensors be asked for as dense layers have them: a kernel [k k, D] or [k k, I, O], whose places count down the columns, as a
/// weight [D, 1, k, k] or [O, I, k, k]; without ".ln" and ".linear" in the names; biases without their row.
/// @throws DataError for kernels that are no squares
void makeKernelsDense(ModelWeights& weights);

}  // namespace maskscope
