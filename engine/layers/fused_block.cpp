#include "layers/fused_block.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
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

    const float* keyBias = nullptr;  // [B, L], added to the scores; null: nothing is

    std::int64_t asked() const { return length - firstQuery; }
    std::int64_t headWidth() const { return width / heads; }
    const float* keyBiasOf(std::int64_t sample) const { return keyBias == nullptr ? nullptr : keyBias + sample * length; }
    at::Tensor scratch() const { return at::empty({cpuKernels().attentionScratch(length, headWidth())}, at::kFloat); }
};

at::Tensor attend(const at::Tensor& qkv, const Sizes& n, double scale) {
    at::Tensor mixed = matrix(n.batch * n.asked(), n.width);
    const at::Tensor scratch = n.scratch();
    for (std::int64_t i = 0; i < n.batch; ++i)
        cpuKernels().attend(in(qkv) + i * n.length * 3 * n.width, n.keyBiasOf(i), n.length, n.heads, n.headWidth(), n.firstQuery,
                            static_cast<float>(scale), out(mixed) + i * n.asked() * n.width, out(scratch));
    return mixed;
}

at::Tensor attendBackward(const at::Tensor& qkv, const at::Tensor& dMixed, const Sizes& n, double scale) {
    at::Tensor dQkv = matrix(n.batch * n.length, 3 * n.width);
    const at::Tensor scratch = n.scratch();
    for (std::int64_t i = 0; i < n.batch; ++i)
        cpuKernels().attendBackward(in(qkv) + i * n.length * 3 * n.width, n.keyBiasOf(i), in(dMixed) + i * n.asked() * n.width, n.length, n.heads,
                                    n.headWidth(), n.firstQuery, static_cast<float>(scale), out(dQkv) + i * n.length * 3 * n.width, out(scratch));
    return dQkv;
}

/// The queries' rows of x plus a bias. @param x  [B L, D] @return [B (L - firstQuery), D]
at::Tensor queriesPlusBias(const at::Tensor& x, const at::Tensor& bias, const Sizes& n) {
    at::Tensor result = matrix(n.batch * n.asked(), n.width);
    for (std::int64_t i = 0; i < n.batch; ++i)
        cpuKernels().addBias(in(x) + (i * n.length + n.firstQuery) * n.width, in(bias), n.asked(), n.width, out(result) + i * n.asked() * n.width);
    return result;
}

/// Order of the parameters, and of their gradients.
variable_list listed(const FusedBlockParams& p) {
    return {p.norm1Weight, p.norm1Bias, p.qkvWeight, p.qkvBias, p.projWeight, p.projBias,
            p.norm2Weight, p.norm2Bias, p.fc1Weight, p.fc1Bias, p.fc2Weight,  p.fc2Bias};
}

/// A share of the samples of a block.
struct Share {
    const FusedBlockParams& p;
    Sizes n;

    /// @param result  [asked rows, D], is filled
    /// @return        what backward() needs
    variable_list forward(const at::Tensor& x, const at::Tensor& result) const {
        const CpuKernels& kernels = cpuKernels();
        at::Tensor statistics1, statistics2;
        const at::Tensor normal1 = RowNorm{p.norm1Weight, p.norm1Bias}.normalize(x, p.eps, statistics1);
        const at::Tensor qkv = matrix(x.size(0), 3 * n.width);
        kernels.addBias(nullptr, in(p.qkvBias), x.size(0), 3 * n.width, out(qkv));
        addProduct(normal1, transposed(p.qkvWeight), qkv);
        const at::Tensor mixed = attend(qkv, n, p.scale), middle = queriesPlusBias(x, p.projBias, n);
        addProduct(mixed, transposed(p.projWeight), middle);

        const at::Tensor normal2 = RowNorm{p.norm2Weight, p.norm2Bias}.normalize(middle, p.eps, statistics2);
        const at::Tensor hidden = product(normal2, transposed(p.fc1Weight)), activated = at::empty_like(hidden);
        kernels.biasGelu(out(hidden), in(p.fc1Bias), hidden.size(0), hidden.size(1), out(activated));
        kernels.addBias(in(middle), in(p.fc2Bias), middle.size(0), n.width, out(result));
        addProduct(activated, transposed(p.fc2Weight), result);
        return {x, statistics1, qkv, mixed, middle, statistics2, hidden};
    }

    /// @param saved  what forward() gave
    /// @param dx     [rows, D], is filled
    /// @return       gradients of the parameters
    variable_list backward(const at::Tensor* saved, const at::Tensor& dResult, const at::Tensor& dx) const {
        const at::Tensor &x = saved[0], &statistics1 = saved[1], &qkv = saved[2], &mixed = saved[3], &middle = saved[4], &statistics2 = saved[5],
                         &hidden = saved[6];
        const RowNorm norm1{p.norm1Weight, p.norm1Bias}, norm2{p.norm2Weight, p.norm2Bias};
        const at::Tensor dHidden = product(dResult, p.fc2Weight);
        at::Tensor dFc2Weight;
        {
            const at::Tensor activated = at::empty_like(hidden);
            cpuKernels().geluBackward(in(hidden), hidden.numel(), out(dHidden), out(activated));
            dFc2Weight = product(transposed(dResult), activated);
        }
        const at::Tensor dFc1Weight = product(transposed(dHidden), norm2.again(middle, statistics2)), dMiddle = dResult.clone();
        const auto [dNorm2Weight, dNorm2Bias] = norm2.backward(product(dHidden, p.fc1Weight), middle, statistics2, dMiddle);

        const at::Tensor dQkv = attendBackward(qkv, product(dMiddle, p.projWeight), n, p.scale);
        if (n.firstQuery > 0) dx.zero_();
        dx.view({n.batch, n.length, n.width}).narrow(1, n.firstQuery, n.asked()).copy_(dMiddle.view({n.batch, n.asked(), n.width}));
        const at::Tensor dQkvWeight = product(transposed(dQkv), norm1.again(x, statistics1)), dProjWeight = product(transposed(dMiddle), mixed);
        const auto [dNorm1Weight, dNorm1Bias] = norm1.backward(product(dQkv, p.qkvWeight), x, statistics1, dx);
        return {dNorm1Weight, dNorm1Bias, dQkvWeight, sumOfRows(dQkv),    dProjWeight, sumOfRows(dMiddle),
                dNorm2Weight, dNorm2Bias, dFc1Weight, sumOfRows(dHidden), dFc2Weight,  sumOfRows(dResult)};
    }
};

constexpr std::size_t kSavedOfShare = 7;

/// The samples of a batch as the threads of this one share them, and what each does with its own.
struct Shares {
    const FusedBlockParams& p;
    Sizes whole;
    std::int64_t count = std::min<std::int64_t>(whole.batch, at::get_num_threads());

    std::int64_t first(std::int64_t share) const { return whole.batch * share / count; }
    /// Calls work(share, its number, its first sample).
    template <typename Work>
    void run(const Work& work) const {
        at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
            const at::NoGradGuard noGrad;
            const at::AutoDispatchBelowADInplaceOrView plain;
            for (std::int64_t i = begin; i < end; ++i) {
                Sizes n = whole;
                n.batch = first(i + 1) - first(i);
                n.keyBias = whole.keyBiasOf(first(i));
                work(Share{p, n}, static_cast<std::size_t>(i), first(i));
            }
        });
    }
};

/// The rows of some samples. @param tokens  rows a sample
at::Tensor rowsOf(const at::Tensor& x, std::int64_t firstSample, std::int64_t samples, std::int64_t tokens) {
    return x.narrow(0, firstSample * tokens, samples * tokens);
}

class FusedBlock : public torch::autograd::Function<FusedBlock> {
public:
    /// @param keyBias  [B, L], or [0] for none
    static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& keyBias, const at::Tensor& norm1Weight,
                              const at::Tensor& norm1Bias, const at::Tensor& qkvWeight, const at::Tensor& qkvBias, const at::Tensor& projWeight,
                              const at::Tensor& projBias, const at::Tensor& norm2Weight, const at::Tensor& norm2Bias, const at::Tensor& fc1Weight,
                              const at::Tensor& fc1Bias, const at::Tensor& fc2Weight, const at::Tensor& fc2Bias, std::int64_t heads, double scale,
                              double eps, std::int64_t firstQuery) {
        const FusedBlockParams p{norm1Weight, norm1Bias, qkvWeight, qkvBias, projWeight, projBias, norm2Weight, norm2Bias,
                                 fc1Weight,   fc1Bias,   fc2Weight, fc2Bias, heads,      scale,    eps};
        const Shares shares{p, {input.size(0), input.size(1), input.size(2), heads, firstQuery, keyBias.numel() > 0 ? in(keyBias) : nullptr}};
        const Sizes& n = shares.whole;
        const at::Tensor x = input.contiguous().view({n.batch * n.length, n.width}), result = matrix(n.batch * n.asked(), n.width);
        variable_list saved(static_cast<std::size_t>(shares.count) * kSavedOfShare);
        shares.run([&](const Share& share, std::size_t number, std::int64_t first) {
            std::ranges::move(share.forward(rowsOf(x, first, share.n.batch, n.length), rowsOf(result, first, share.n.batch, n.asked())),
                              saved.begin() + static_cast<std::ptrdiff_t>(number * kSavedOfShare));
        });
        std::ranges::copy(listed(p), std::back_inserter(saved));
        saved.push_back(keyBias);
        context->save_for_backward(std::move(saved));
        context->saved_data["sizes"] = std::vector<std::int64_t>{n.batch, n.length, n.width, heads, firstQuery, shares.count};
        context->saved_data["scale"] = scale;
        return result.view({n.batch, n.asked(), n.width});
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const variable_list saved = context->get_saved_variables();
        const auto sizes = context->saved_data["sizes"].toIntVector();
        const at::Tensor* weights = saved.data() + static_cast<std::size_t>(sizes[5]) * kSavedOfShare;
        const FusedBlockParams p{weights[0], weights[1], weights[2], weights[3],  weights[4],  weights[5], weights[6],
                                 weights[7], weights[8], weights[9], weights[10], weights[11], sizes[3],   context->saved_data["scale"].toDouble()};
        const at::Tensor& keyBias = saved.back();
        const Shares shares{p, {sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], keyBias.numel() > 0 ? in(keyBias) : nullptr}, sizes[5]};
        const Sizes& n = shares.whole;
        const at::Tensor dResult = gradients[0].contiguous().view({n.batch * n.asked(), n.width}), dx = matrix(n.batch * n.length, n.width);
        std::vector<variable_list> parts(static_cast<std::size_t>(shares.count));
        shares.run([&](const Share& share, std::size_t number, std::int64_t first) {
            parts[number] = share.backward(saved.data() + number * kSavedOfShare, rowsOf(dResult, first, share.n.batch, n.asked()),
                                           rowsOf(dx, first, share.n.batch, n.length));
        });
        variable_list all{dx.view({n.batch, n.length, n.width}), at::Tensor()};
        for (std::size_t i = 0; i < parts.front().size(); ++i) {
            all.push_back(parts.front()[i]);
            for (std::size_t part = 1; part < parts.size(); ++part) all.back().add_(parts[part][i]);
        }
        all.resize(all.size() + 4);  // heads, scale, eps, firstQuery
        return all;
    }
};

}  // namespace

FusedScope::FusedScope(bool open) : outer_(isFusing) { isFusing = open; }
FusedScope::~FusedScope() { isFusing = outer_; }
bool FusedScope::isOpen() { return isFusing; }
bool FusedScope::covers(const at::Tensor& x) {
    return isFusing && x.is_cpu() && x.scalar_type() == at::kFloat && !at::autocast::is_autocast_enabled(at::kCPU);
}

at::Tensor fusedBlock(const at::Tensor& x, const FusedBlockParams& p, const at::Tensor& keyReal, std::int64_t firstQuery) {
    at::Tensor keyBias = at::zeros(keyReal.defined() ? keyReal.sizes() : at::IntArrayRef({0}), at::kFloat);
    if (keyReal.defined()) keyBias.masked_fill_(keyReal.logical_not(), -INFINITY);
    return FusedBlock::apply(x, keyBias, p.norm1Weight, p.norm1Bias, p.qkvWeight, p.qkvBias, p.projWeight, p.projBias, p.norm2Weight, p.norm2Bias,
                             p.fc1Weight, p.fc1Bias, p.fc2Weight, p.fc2Bias, p.heads, p.scale, p.eps, firstQuery);
}

}  // namespace maskscope
