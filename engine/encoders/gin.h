#pragma once

#include "encoders/graph_encoder.h"

namespace maskscope {

/// Graph isomorphism network (Xu et al., How Powerful are Graph Neural Networks?, ICLR 2019).
class Gin : public GraphEncoder {
public:
    struct Params {
        MessageParams messages;
        std::string initialization;
        static Params read(ParamReader& reader);
    };
    Gin(const Params& params, const InputSpec& input) : GraphEncoder(params.messages, params.initialization, input, "encoder 'gin'") {}
};

}  // namespace maskscope
