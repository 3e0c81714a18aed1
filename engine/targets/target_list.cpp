#include "targets/pixel_target.h"
#include "targets/target.h"

namespace maskscope {

TargetRegistry makeTargetRegistry() {
    TargetRegistry registry("target");
    registry.add<PixelTarget>("pixel", 'P', "the pixels of each patch, normalised a patch if asked (MAE, SimMIM)");
    return registry;
}

}  // namespace maskscope
