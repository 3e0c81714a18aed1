#pragma once

#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

namespace maskscope {

/// Lets transformer blocks that this thread runs keep their input alone for the backward pass, which computes the rest once more: memory for
/// about a third more time (Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016; "activation checkpointing").
class RecomputeScope {
public:
    explicit RecomputeScope(bool open);
    ~RecomputeScope();
    RecomputeScope(const RecomputeScope&) = delete;
    RecomputeScope& operator=(const RecomputeScope&) = delete;

    static bool isOpen();

private:
    bool outer_;
};

/// part(x), of which nothing but x is kept. The second time it runs under the same noise and the same autocast.
/// @param parameters  all that part() reads and that learns
at::Tensor recomputed(const at::Tensor& x, const std::vector<at::Tensor>& parameters, std::function<at::Tensor(const at::Tensor&)> part);

}  // namespace maskscope
