#include "encoders/encoder.h"
#include "encoders/vit.h"

namespace maskscope {

EncoderRegistry makeEncoderRegistry() {
    EncoderRegistry registry("encoder");
    registry.add<Vit>("vit", 'T', "Vision Transformer: drops hidden tokens, replaces them by a mask token, or keeps them all");
    return registry;
}

}  // namespace maskscope
