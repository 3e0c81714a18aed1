#include "families/pixel_shuffle.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include "core/error.h"

namespace maskscope {

void mapPixelShuffle(WeightMap& map, const std::string& ours, const std::string& theirs, const ImageInput& input) {
    for (const char* part : {".weight", ".bias"}) {
        const at::Tensor value = map.weights().take(theirs + part);
        if (value.dim() == 0 || value.size(0) != input.patchValues())
            throw DataError(fmt::format("{}: tensor '{}{}' is [{}], but the config asks for [{}, ...]; file and config do not belong together",
                                        map.weights().subject(), theirs, part, fmt::join(value.sizes(), ", "), input.patchValues()));
        const at::Tensor ordered = value.reshape({input.channels, input.patchHeight, input.patchWidth, -1}).permute({1, 2, 0, 3});
        const bool isBias = value.dim() == 1;
        map.add(ours + part, isBias ? ordered.reshape({-1}) : ordered.reshape({input.patchValues(), -1}), theirs + part);
    }
}

}  // namespace maskscope
