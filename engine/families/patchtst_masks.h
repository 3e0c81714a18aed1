#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "families/family.h"
#include "tensor/input_spec.h"

namespace maskscope {

/// What PatchTST hides of a series.
struct PatchTstMasks {
    std::int64_t channels = 1, patches = 1;  // C, N
    std::int64_t forecast = 0;               // the last patches that are hidden; 0: random ones are
    double ratio = 0.5;                      // of random ones
    bool sameForAll = false;                 // random ones are the same for all series
    std::vector<std::int64_t> spared;        // series of which nothing is hidden

    /// @param inputs  asked for `noise` [B, C, N] ([B, 1, N] where all series share it) where random patches are hidden: those with the
    ///                greatest numbers are, N - int(N (1 - ratio)) of them
    /// @return        [B, C, N] bool, 1 = hidden
    at::Tensor hidden(std::int64_t batch, ForwardInputs& inputs) const;
    std::string inWords() const;
};

/// @throws DataError for masks that depend on chance alone
PatchTstMasks readPatchTstMasks(ModelConfig& config, const SeriesInput& input);

}  // namespace maskscope
