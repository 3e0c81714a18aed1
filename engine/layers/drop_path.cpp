#include "layers/drop_path.h"

#include <algorithm>
#include <vector>

#include <torch/torch.h>

#include "layers/noise.h"

namespace maskscope {

at::Tensor dropPath(const at::Tensor& branch, double chance, bool isTraining) {
    if (!isTraining || chance == 0.0) return branch;
    const at::Tensor keep = NoiseScope::bernoulli(branch.size(0), 1.0 - chance).to(branch.device(), branch.scalar_type());
    std::vector<std::int64_t> shape(static_cast<std::size_t>(branch.dim()), 1);
    shape[0] = branch.size(0);
    return branch * (keep / (1.0 - chance)).view(shape);
}

double dropPathOfBlock(double last, std::int64_t block, std::int64_t blocks) {
    return last * static_cast<double>(block) / static_cast<double>(std::max<std::int64_t>(1, blocks - 1));
}

}  // namespace maskscope
