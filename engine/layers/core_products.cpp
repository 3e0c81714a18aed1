#include "layers/core_products.h"

#include <algorithm>

#include <ATen/native/CPUBlas.h>
#include <torch/torch.h>

#include "kernels/cpu_kernels.h"

namespace maskscope {
namespace {

/// Blocks of M, N, K that keep what is multiplied in the first two caches; measured from 272 x 288 x 96 to 3152 x 1024 x 256.
constexpr std::int64_t kRows = 128, kColumns = 128, kDepth = 512;

void multiplyBlocks(const at::Tensor& a, const at::Tensor& b, bool adds, const at::Tensor& c) {
    const std::int64_t rows = a.size(0), depth = a.size(1), columns = b.size(1);
    const float *left = a.const_data_ptr<float>(), *right = b.const_data_ptr<float>();
    float* result = c.mutable_data_ptr<float>();
    for (std::int64_t k = 0; k < depth; k += kDepth)
        for (std::int64_t n = 0; n < columns; n += kColumns)
            for (std::int64_t m = 0; m < rows; m += kRows)
                at::native::cpublas::brgemm(std::min(kRows, rows - m), std::min(kColumns, columns - n), std::min(kDepth, depth - k), depth, columns,
                                            columns, adds || k > 0, left + m * depth + k, right + k * columns + n, result + m * columns + n, false);
}

/// Whether oneDNN has block kernels for this processor.
bool hasBlockKernels() {
    static const bool has = [] {
        const at::Tensor one = at::ones({16, 16});
        try {
            multiplyBlocks(one, one, false, at::empty({16, 16}));
            return true;
        } catch (const c10::Error&) {
            return false;
        }
    }();
    return has;
}

}  // namespace

at::Tensor product(const at::Tensor& a, const at::Tensor& b) {
    if (!hasBlockKernels()) return at::mm(a, b);
    at::Tensor c = at::empty({a.size(0), b.size(1)}, at::kFloat);
    multiplyBlocks(a, b, false, c);
    return c;
}

void addProduct(const at::Tensor& a, const at::Tensor& b, const at::Tensor& c) {
    if (hasBlockKernels())
        multiplyBlocks(a, b, true, c);
    else
        c.addmm_(a, b);
}

at::Tensor transposed(const at::Tensor& x) {
    at::Tensor y = at::empty({x.size(1), x.size(0)}, at::kFloat);
    cpuKernels().transpose(x.const_data_ptr<float>(), x.size(0), x.size(1), y.mutable_data_ptr<float>());
    return y;
}

}  // namespace maskscope
