#pragma once

#include <cstdint>
#include <string>

namespace torch::nn {
class Module;
}

namespace maskscope {

/// Gives every parameter of a network its first value. Each parameter draws from a generator of its own, named by
/// (seed, parameter name), so that the order of construction does not matter.
/// Matrices: "xavier" (Glorot & Bengio 2010, uniform; the patch projection counts as a matrix, as in MAE's code) or "normal"
/// (standard deviation 0.02, cut at two deviations, as in BEiT and SimMIM). Norm scales become 1, biases 0; tokens and learned
/// positions are normal with deviation 0.02; layer scales and logit scales keep what their settings gave them.
void initializeParameters(torch::nn::Module& network, const std::string& kind, std::uint64_t seed);

}  // namespace maskscope
