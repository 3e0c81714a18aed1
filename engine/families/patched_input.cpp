#include "families/patched_input.h"

#include <fmt/format.h>

namespace maskscope {

ImageInput patchedInput(ModelConfig& config, const char* sizeKey, const char* channelsKey, Sides size, Sides patch) {
    ImageInput input;
    input.channels = config.get<std::int64_t>(channelsKey, 3);
    if (patch.height < 1 || patch.width < 1) config.refuse("patch_size", "sides above 0");
    if (size.height < patch.height || size.width < patch.width)
        config.refuse(sizeKey, fmt::format("at least a patch, {} x {} (patch_size)", patch.height, patch.width));
    if (input.channels < 1) config.refuse(channelsKey, "a number above 0");
    input.height = size.height / patch.height * patch.height;
    input.width = size.width / patch.width * patch.width;
    input.patchHeight = patch.height;
    input.patchWidth = patch.width;
    return input;
}

}  // namespace maskscope
