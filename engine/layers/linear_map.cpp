#include "layers/linear_map.h"

#include <algorithm>

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include "kernels/cpu_kernels.h"
#include "layers/core_products.h"
#include "layers/fused_block.h"

namespace maskscope {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Below it, handing rows to other threads costs more than they save.
constexpr std::int64_t kRowsOfThread = 64;

/// Calls work(first, count) for the rows of each thread.
template <typename Work>
void shareRows(std::int64_t rows, const Work& work) {
    at::parallel_for(0, rows, kRowsOfThread, [&](std::int64_t begin, std::int64_t end) {
        const at::NoGradGuard noGrad;
        const at::AutoDispatchBelowADInplaceOrView plain;
        work(begin, end - begin);
    });
}

/// c = a b, the rows shared among threads.
at::Tensor sharedProduct(const at::Tensor& a, const at::Tensor& b) {
    const at::Tensor c = at::zeros({a.size(0), b.size(1)}, at::kFloat);
    shareRows(a.size(0), [&](std::int64_t first, std::int64_t count) { addProduct(a.narrow(0, first, count), b, c.narrow(0, first, count)); });
    return c;
}

class LinearMap : public torch::autograd::Function<LinearMap> {
public:
    /// @param bias  [N], or [0] for none
    static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
        const at::AutoDispatchBelowADInplaceOrView plain;
        const at::Tensor x = input.reshape({-1, input.size(-1)}).contiguous(), turned = transposed(weight.contiguous());
        const at::Tensor y = at::empty({x.size(0), weight.size(0)}, at::kFloat);
        shareRows(x.size(0), [&](std::int64_t first, std::int64_t count) {
            const at::Tensor rows = y.narrow(0, first, count);
            if (bias.numel() > 0)
                cpuKernels().addBias(nullptr, bias.const_data_ptr<float>(), count, y.size(1), rows.mutable_data_ptr<float>());
            else
                rows.zero_();
            addProduct(x.narrow(0, first, count), turned, rows);
        });
        context->save_for_backward({x, weight});
        context->saved_data["shape"] = input.sizes().vec();
        context->saved_data["bias"] = bias.numel() > 0;
        std::vector<std::int64_t> shape = input.sizes().vec();
        shape.back() = weight.size(0);
        return y.view(shape);
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const at::AutoDispatchBelowADInplaceOrView plain;
        const variable_list saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &weight = saved[1];
        const at::Tensor dy = gradients[0].reshape({-1, weight.size(0)}).contiguous();
        variable_list result(3);
        if (context->needs_input_grad(0)) result[0] = sharedProduct(dy, weight.contiguous()).view(context->saved_data["shape"].toIntVector());
        if (context->needs_input_grad(1)) result[1] = sharedProduct(transposed(dy), x);
        if (context->saved_data["bias"].toBool()) {
            result[2] = at::zeros({weight.size(0)}, at::kFloat);
            cpuKernels().addRows(dy.const_data_ptr<float>(), dy.size(0), dy.size(1), result[2].mutable_data_ptr<float>());
        }
        return result;
    }
};

}  // namespace

at::Tensor linearMap(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
    if (!FusedScope::covers(x) || weight.scalar_type() != at::kFloat || x.numel() == 0) return at::linear(x, weight, bias);
    return LinearMap::apply(x, weight, bias.defined() ? bias : at::empty({0}, at::kFloat));
}

}  // namespace maskscope
