#pragma once

#include "encoders/graph_encoder.h"

namespace maskscope {

/// Graph attention network (Velickovic et al., ICLR 2018).
class Gat : public GraphEncoder {
public:
    struct Params {
        MessageParams messages;
        std::string initialization;
        static Params read(ParamReader& reader);
    };
    Gat(const Params& params, const InputSpec& input) : GraphEncoder(params.messages, params.initialization, input, "encoder 'gat'") {}
};

}  // namespace maskscope
