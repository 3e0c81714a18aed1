#include "heads/head.h"
#include "heads/linear_head.h"
#include "heads/mlp_head.h"
#include "heads/transformer_head.h"

namespace maskscope {

HeadRegistry makeHeadRegistry() {
    HeadRegistry registry("head");
    registry.add<LinearHead>("linear", 'M', "one linear map a token");
    registry.add<MlpHead>("mlp", 'M', "a multi-layer perceptron a token");
    registry.add<TransformerHead>("transformer", 'M', "a transformer decoder that puts mask tokens where the encoder dropped tokens");
    return registry;
}

}  // namespace maskscope
