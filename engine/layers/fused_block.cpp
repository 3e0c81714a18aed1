#include "layers/fused_block.h"

#include <torch/torch.h>

#include "kernels/cpu_kernels.h"
#include "layers/core_products.h"

namespace maskscope {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

thread_local bool isFusing = false;

float* out(const at::Tensor& tensor) { return tensor.mutable_data_ptr<float>(); }
const float* in(const at::Tensor& tensor) { return tensor.const_data_ptr<float>(); }
at::Tensor matrix(std::int64_t rows, std::int64_t columns) { return at::empty({rows, columns}, at::kFloat); }

/// Layer norm over rows, and what its backward pass needs of it.
struct RowNorm {
    const at::Tensor& weight;
    const at::Tensor& bias;

    at::Tensor normalize(const at::Tensor& x, double eps, at::Tensor& statistics) const {
        at::Tensor y = matrix(x.size(0), x.size(1));
        statistics = matrix(x.size(0), 2);
        cpuKernels().normalize(in(x), in(weight), in(bias), x.size(0), x.size(1), static_cast<float>(eps), out(y), out(statistics));
        return y;
    }
    at::Tensor again(const at::Tensor& x, const at::Tensor& statistics) const {
        at::Tensor y = matrix(x.size(0), x.size(1));
        cpuKernels().normalizeAgain(in(x), in(statistics), in(weight), in(bias), x.size(0), x.size(1), out(y));
        return y;
    }
    /// Adds to dx. @return gradients of weight and bias
    std::pair<at::Tensor, at::Tensor> backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& statistics, const at::Tensor& dx) const {
        at::Tensor dWeight = at::zeros_like(weight), dBias = at::zeros_like(bias);
        cpuKernels().normalizeBackward(in(dy), in(x), in(statistics), in(weight), x.size(0), x.size(1), out(dx), out(dWeight), out(dBias));
        return {dWeight, dBias};
    }
};

at::Tensor sumOfRows(const at::Tensor& x) {
    at::Tensor sums = at::zeros({x.size(1)}, at::kFloat);
    cpuKernels().addRows(in(x), x.size(0), x.size(1), out(sums));
    return sums;
}

/// Sizes of a call; the queries are the last `asked` tokens of each sample.
struct Sizes {
    std::int64_t batch, length, width, heads, firstQuery;

    std::int64_t asked() const { return length - firstQuery; }
    std::int64_t headWidth() const { return width / heads; }
    at::Tensor scratch() const { return at::empty({cpuKernels().attentionScratch(length, headWidth())}, at::kFloat); }
};

at::Tensor attend(const at::Tensor& qkv, const Sizes& n, double scale) {
    at::Tensor mixed = matrix(n.batch * n.asked(), n.width);
    const at::Tensor scratch = n.scratch();
    for (std::int64_t i = 0; i < n.batch; ++i)
        cpuKernels().attend(in(qkv) + i * n.length * 3 * n.width, n.length, n.heads, n.headWidth(), n.firstQuery, static_cast<float>(scale),
                            out(mixed) + i * n.asked() * n.width, out(scratch));
    return mixed;
}

at::Tensor attendBackward(const at::Tensor& qkv, const at::Tensor& dMixed, const Sizes& n, double scale) {
    at::Tensor dQkv = matrix(n.batch * n.length, 3 * n.width);
    const at::Tensor scratch = n.scratch();
    for (std::int64_t i = 0; i < n.batch; ++i)
        cpuKernels().attendBackward(in(qkv) + i * n.length * 3 * n.width, in(dMixed) + i * n.asked() * n.width, n.length, n.heads, n.headWidth(),
                                    n.firstQuery, static_cast<float>(scale), out(dQkv) + i * n.length * 3 * n.width, out(scratch));
    return dQkv;
}

/// The queries' rows of x plus a bias. @param x  [B L, D] @return [B (L - firstQuery), D]
at::Tensor queriesPlusBias(const at::Tensor& x, const at::Tensor& bias, const Sizes& n) {
    at::Tensor result = matrix(n.batch * n.asked(), n.width);
    for (std::int64_t i = 0; i < n.batch; ++i)
        cpuKernels().addBias(in(x) + (i * n.length + n.firstQuery) * n.width, in(bias), n.asked(), n.width, out(result) + i * n.asked() * n.width);
    return result;
}

class FusedBlock : public torch::autograd::Function<FusedBlock> {
public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& norm1Weight, const at::Tensor& norm1Bias,
                              const at::Tensor& qkvWeight, const at::Tensor& qkvBias, const at::Tensor& projWeight, const at::Tensor& projBias,
                              const at::Tensor& norm2Weight, const at::Tensor& norm2Bias, const at::Tensor& fc1Weight, const at::Tensor& fc1Bias,
                              const at::Tensor& fc2Weight, const at::Tensor& fc2Bias, std::int64_t heads, double scale, double eps,
                              std::int64_t firstQuery) {
        const at::AutoDispatchBelowADInplaceOrView plain;
        const CpuKernels& kernels = cpuKernels();
        const Sizes n{input.size(0), input.size(1), input.size(2), heads, firstQuery};
        const at::Tensor x = input.contiguous().view({n.batch * n.length, n.width});
        at::Tensor statistics1, statistics2;

        const at::Tensor normal1 = RowNorm{norm1Weight, norm1Bias}.normalize(x, eps, statistics1);
        at::Tensor qkv = matrix(x.size(0), 3 * n.width);
        kernels.addBias(nullptr, in(qkvBias), x.size(0), 3 * n.width, out(qkv));
        addProduct(normal1, transposed(qkvWeight), qkv);
        const at::Tensor mixed = attend(qkv, n, scale);
        const at::Tensor middle = queriesPlusBias(x, projBias, n);
        addProduct(mixed, transposed(projWeight), middle);

        const at::Tensor normal2 = RowNorm{norm2Weight, norm2Bias}.normalize(middle, eps, statistics2);
        const at::Tensor hidden = product(normal2, transposed(fc1Weight));
        const at::Tensor activated = at::empty_like(hidden);
        kernels.biasGelu(out(hidden), in(fc1Bias), hidden.size(0), hidden.size(1), out(activated));
        at::Tensor result = at::empty_like(middle);
        kernels.addBias(in(middle), in(fc2Bias), middle.size(0), n.width, out(result));
        addProduct(activated, transposed(fc2Weight), result);

        context->save_for_backward({x, statistics1, qkv, mixed, middle, statistics2, hidden, norm1Weight, norm1Bias, qkvWeight, projWeight,
                                    norm2Weight, norm2Bias, fc1Weight, fc2Weight});
        context->saved_data["sizes"] = std::vector<std::int64_t>{n.batch, n.length, n.width, heads, firstQuery};
        context->saved_data["scale"] = scale;
        return result.view({n.batch, n.asked(), n.width});
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const at::AutoDispatchBelowADInplaceOrView plain;
        const variable_list saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &statistics1 = saved[1], &qkv = saved[2], &mixed = saved[3], &middle = saved[4], &statistics2 = saved[5],
                         &hidden = saved[6], &qkvWeight = saved[9], &projWeight = saved[10], &fc1Weight = saved[13], &fc2Weight = saved[14];
        const RowNorm norm1{saved[7], saved[8]}, norm2{saved[11], saved[12]};
        const auto sizes = context->saved_data["sizes"].toIntVector();
        const Sizes n{sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]};
        const at::Tensor dResult = gradients[0].contiguous().view({n.batch * n.asked(), n.width});

        const at::Tensor dHidden = product(dResult, fc2Weight);
        at::Tensor dFc2Weight, dFc1Weight;
        {
            const at::Tensor activated = at::empty_like(hidden);
            cpuKernels().geluBackward(in(hidden), hidden.numel(), out(dHidden), out(activated));
            dFc2Weight = product(transposed(dResult), activated);
        }
        dFc1Weight = product(transposed(dHidden), norm2.again(middle, statistics2));
        const at::Tensor dMiddle = dResult.clone();
        const auto [dNorm2Weight, dNorm2Bias] = norm2.backward(product(dHidden, fc1Weight), middle, statistics2, dMiddle);

        const at::Tensor dQkv = attendBackward(qkv, product(dMiddle, projWeight), n, context->saved_data["scale"].toDouble());
        at::Tensor dx = dMiddle;
        if (n.firstQuery > 0) {
            dx = at::zeros_like(x);
            dx.view({n.batch, n.length, n.width}).narrow(1, n.firstQuery, n.asked()).copy_(dMiddle.view({n.batch, n.asked(), n.width}));
        }
        const at::Tensor dQkvWeight = product(transposed(dQkv), norm1.again(x, statistics1)), dProjWeight = product(transposed(dMiddle), mixed),
                         dProjBias = sumOfRows(dMiddle);
        const auto [dNorm1Weight, dNorm1Bias] = norm1.backward(product(dQkv, qkvWeight), x, statistics1, dx);
        return {dx.view({n.batch, n.length, n.width}),
                dNorm1Weight,
                dNorm1Bias,
                dQkvWeight,
                sumOfRows(dQkv),
                dProjWeight,
                dProjBias,
                dNorm2Weight,
                dNorm2Bias,
                dFc1Weight,
                sumOfRows(dHidden),
                dFc2Weight,
                sumOfRows(dResult),
                {},
                {},
                {},
                {}};
    }
};

}  // namespace

FusedScope::FusedScope() : outer_(isFusing) { isFusing = true; }
FusedScope::~FusedScope() { isFusing = outer_; }
bool FusedScope::isOpen() { return isFusing; }

at::Tensor fusedBlock(const at::Tensor& x, const FusedBlockParams& p, std::int64_t firstQuery) {
    return FusedBlock::apply(x, p.norm1Weight, p.norm1Bias, p.qkvWeight, p.qkvBias, p.projWeight, p.projBias, p.norm2Weight, p.norm2Bias, p.fc1Weight,
                             p.fc1Bias, p.fc2Weight, p.fc2Bias, p.heads, p.scale, p.eps, firstQuery);
}

}  // namespace maskscope
