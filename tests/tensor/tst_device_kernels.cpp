#include <dlfcn.h>

#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>

#include <QtTest>

#include "kernels/device_graphs.h"
#include "support/test_main.h"
#include "tensor/device.h"
#include "tensor/mask_plan.h"

using namespace maskscope;

namespace {

/// A third hidden, a fifth missing; what is left of each row keeps a token of either kind.
struct Tokens {
    at::Tensor hides, exists;  // [B, N] bool
};

Tokens tokens(std::int64_t rows, std::int64_t count) {
    Tokens made{at::rand({rows, count}).lt(0.33), at::rand({rows, count}).lt(0.8)};
    for (at::Tensor* values : {&made.hides, &made.exists}) values->select(1, 0).fill_(true);
    made.hides.select(1, count - 1).fill_(false);
    made.exists.select(1, count - 1).fill_(true);
    return made;
}

std::vector<std::int64_t> marked(const at::Tensor& row) {
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < row.size(0); ++i)
        if (row.const_data_ptr<bool>()[i]) indices.push_back(i);
    return indices;
}

std::vector<std::int64_t> real(const at::Tensor& indices, const at::Tensor& isReal, std::int64_t row) {
    std::vector<std::int64_t> values;
    for (std::int64_t i = 0; i < indices.size(1); ++i)
        if (!isReal.defined() || isReal.select(0, row).const_data_ptr<bool>()[i])
            values.push_back(indices.select(0, row).const_data_ptr<std::int64_t>()[i]);
    return values;
}

void requireSame(const at::Tensor& a, const at::Tensor& b) {
    QCOMPARE(a.defined(), b.defined());
    if (a.defined()) QVERIFY(at::equal(a, b.cpu()));
}

}  // namespace

class TestDeviceKernels : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tokensAreSorted_data() { shapes(); }

    void tokensAreSorted() {
        QFETCH(int, rows);
        QFETCH(int, count);
        const Tokens made = tokens(rows, count);
        for (const bool all : {false, true}) {
            const TokenSplit split = splitTokens(made.hides, all ? at::Tensor() : made.exists);
            for (std::int64_t row = 0; row < rows; ++row) {
                const at::Tensor hides = made.hides.select(0, row), exists = all ? hides.logical_or(hides.logical_not()) : made.exists.select(0, row);
                QCOMPARE(real(split.hidden, split.hiddenReal, row), marked(hides.logical_and(exists)));
                QCOMPARE(real(split.visible, split.visibleReal, row), marked(hides.logical_not().logical_and(exists)));
            }
        }
    }

    void aDeviceWithoutKernelsHasNone() {
        QVERIFY(kernelsOf(c10::Device(c10::kCPU)) == &hostKernels());
        QVERIFY(kernelsOf(c10::Device(c10::kMeta)) == nullptr);
    }

    /// Needs no GPU, nor LibTorch's CUDA library, of which the plug-in looks up what it needs when it needs it.
    void thePluginIsOfThisVersion() {
#ifndef MASKSCOPE_CUDA_PLUGIN
        QSKIP("this build has no CUDA plug-in: there was no nvcc");
#else
        void* const library = dlopen(MASKSCOPE_CUDA_PLUGIN, RTLD_LAZY | RTLD_LOCAL);
        QVERIFY2(library != nullptr, dlerror());
        const auto entry = reinterpret_cast<PluginEntry>(dlsym(library, kPluginEntry));
        QVERIFY2(entry != nullptr, dlerror());
        QCOMPARE(entry()->version, DeviceKernels::kVersion);
        QVERIFY(entry()->sortTokens != nullptr);
        QVERIFY(entry()->sortTokens != hostKernels().sortTokens);
        const auto graphs = reinterpret_cast<GraphEntry>(dlsym(library, kGraphEntry));
        QVERIFY2(graphs != nullptr, dlerror());
        QCOMPARE(graphs()->version, DeviceGraphs::kVersion);
#endif
    }

    void aGpuSortsAsTheHostDoes_data() {
        if (!chooseDevice("auto").device.is_cuda()) QSKIP("no GPU answers");
        shapes();
    }

    void aGpuSortsAsTheHostDoes() {
        const at::Device device = chooseDevice("auto").device;
        QVERIFY(kernelsOf(device) != nullptr);
        QFETCH(int, rows);
        QFETCH(int, count);
        const Tokens made = tokens(rows, count);
        for (const bool all : {false, true}) {
            const TokenSplit host = splitTokens(made.hides, all ? at::Tensor() : made.exists);
            const TokenSplit found = splitTokens(made.hides.to(device), all ? at::Tensor() : made.exists.to(device));
            QVERIFY(found.visible.is_cuda());
            requireSame(host.visible, found.visible);
            requireSame(host.hidden, found.hidden);
            requireSame(host.visibleReal, found.visibleReal);
            requireSame(host.hiddenReal, found.hiddenReal);
        }
    }

private:
    /// Around the sizes of a warp and of a block.
    static void shapes() {
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("count");
        for (const int count : {2, 31, 32, 33, 255, 256, 257, 1000})
            for (const int rows : {1, 3, 70}) QTest::addRow("%d x %d", rows, count) << rows << count;
    }
};

MASKSCOPE_TEST(TestDeviceKernels)
#include "tst_device_kernels.moc"
