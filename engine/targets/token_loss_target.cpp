#include "targets/token_loss_target.h"

#include <fmt/format.h>

#include "core/error.h"

namespace maskscope {

at::Tensor TokenLossTarget::compute(const TargetSources& sources) const {
    if (sources.losses != nullptr)
        if (const auto known = sources.losses->find(of_); known != sources.losses->end()) return known->second;
    throw ShapeError(fmt::format("target 'token_loss' needs the losses of objective '{}', which did not run before it; put it first", of_));
}

}  // namespace maskscope
