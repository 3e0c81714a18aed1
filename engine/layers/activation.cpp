#include "layers/activation.h"

#include <torch/torch.h>

namespace maskscope {

std::string readActivation(ParamReader& reader, const std::string& standard) {
    return reader.choice("activation", standard, {"gelu", "gelu_tanh", "relu"},
                         "between two linear maps; gelu_tanh is the tanh approximation of gelu");
}

at::Tensor activate(const at::Tensor& x, const std::string& activation) {
    if (activation == "relu") return at::relu(x);
    return at::gelu(x, activation == "gelu_tanh" ? "tanh" : "none");
}

}  // namespace maskscope
