#include "kernels/cpu_kernels.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

#include <QtTest>

#include "core/random.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

using Floats = std::vector<float>;
using Doubles = std::vector<double>;

Floats normals(std::size_t count, std::uint64_t seed) {
    RandomStream stream(seed, "test");
    Floats values(count);
    for (float& value : values) value = static_cast<float>(stream.normal());
    return values;
}

double product(const Doubles& a, const Floats& b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * static_cast<double>(b[i]);
    return sum;
}

double farthest(const Floats& a, const Doubles& b) {
    double worst = 0.0;
    for (std::size_t i = 0; i < b.size(); ++i) worst = std::max(worst, std::abs(static_cast<double>(a[i]) - b[i]));
    return worst;
}

/// The gradient of sum(f(x) * weights) by central differences.
Doubles gradientOf(const std::function<Doubles(const Doubles&)>& f, const Floats& at, const Floats& weights) {
    Doubles x(at.begin(), at.end()), gradient(at.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double kept = x[i], step = 1e-5;
        x[i] = kept + step;
        const double above = product(f(x), weights);
        x[i] = kept - step;
        gradient[i] = (above - product(f(x), weights)) / (2.0 * step);
        x[i] = kept;
    }
    return gradient;
}

Doubles doubles(const Floats& values) { return {values.begin(), values.end()}; }

Doubles layerNorm(const Doubles& x, const Doubles& weight, const Doubles& bias, double eps) {
    const std::size_t width = weight.size();
    Doubles y(x.size());
    for (std::size_t row = 0; row < x.size(); row += width) {
        double mean = 0.0, variance = 0.0;
        for (std::size_t i = 0; i < width; ++i) mean += x[row + i] / static_cast<double>(width);
        for (std::size_t i = 0; i < width; ++i) variance += (x[row + i] - mean) * (x[row + i] - mean) / static_cast<double>(width);
        for (std::size_t i = 0; i < width; ++i) y[row + i] = (x[row + i] - mean) / std::sqrt(variance + eps) * weight[i] + bias[i];
    }
    return y;
}

struct HeadSizes {
    std::size_t length, heads, width, first;
};

/// @param keyBias  empty: none
Doubles attention(const Doubles& qkv, const Floats& keyBias, const HeadSizes& n, double scale) {
    const auto at = [&](std::size_t row, std::size_t part, std::size_t head, std::size_t i) {
        return qkv[((row * 3 + part) * n.heads + head) * n.width + i];
    };
    Doubles mixed;
    for (std::size_t query = n.first; query < n.length; ++query)
        for (std::size_t head = 0; head < n.heads; ++head) {
            Doubles weights(n.length);
            double total = 0.0;
            for (std::size_t key = 0; key < n.length; ++key) {
                double score = 0.0;
                for (std::size_t i = 0; i < n.width; ++i) score += at(query, 0, head, i) * at(key, 1, head, i);
                total += weights[key] = std::exp(score * scale + (keyBias.empty() ? 0.0 : static_cast<double>(keyBias[key])));
            }
            for (std::size_t i = 0; i < n.width; ++i) {
                double sum = 0.0;
                for (std::size_t key = 0; key < n.length; ++key) sum += weights[key] / total * at(key, 2, head, i);
                mixed.push_back(sum);
            }
        }
    return mixed;
}

}  // namespace

/// Every vector width that this processor has, against the definitions in double precision.
class TestCpuKernels : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theWidestIsChosen() { QCOMPARE(&cpuKernels(), availableCpuKernels().front()); }

    void layerNorm_data() { widths(); }
    void layerNorm() {
        const CpuKernels& kernels = chosen();
        for (const std::int64_t width : {1, 5, 16, 37, 96}) {
            const std::int64_t rows = 4;
            const auto size = static_cast<std::size_t>(rows * width), columns = static_cast<std::size_t>(width);
            const Floats x = normals(size, 1), weight = normals(columns, 2), bias = normals(columns, 3), dy = normals(size, 4);
            const double eps = 1e-3;  // large enough that a width of 1 has a gradient to speak of
            Floats y(size), again(size), statistics(static_cast<std::size_t>(2 * rows));
            kernels.normalize(x.data(), weight.data(), bias.data(), rows, width, static_cast<float>(eps), y.data(), statistics.data());
            kernels.normalizeAgain(x.data(), statistics.data(), weight.data(), bias.data(), rows, width, again.data());
            const auto f = [&](const Doubles& values) { return ::layerNorm(values, doubles(weight), doubles(bias), eps); };
            QVERIFY(farthest(y, f(doubles(x))) < 1e-5);
            QVERIFY(y == again);

            Floats dx(size, 1.0F), dWeight(columns, 1.0F), dBias(columns, 1.0F);  // gradients are added to what is there
            kernels.normalizeBackward(dy.data(), x.data(), statistics.data(), weight.data(), rows, width, dx.data(), dWeight.data(), dBias.data());
            const auto less = [](Floats values) {
                for (float& value : values) value -= 1.0F;
                return values;
            };
            QVERIFY(farthest(less(dx), gradientOf(f, x, dy)) < 1e-4);
            QVERIFY(farthest(less(dWeight),
                             gradientOf([&](const Doubles& w) { return ::layerNorm(doubles(x), w, doubles(bias), eps); }, weight, dy)) < 1e-4);
            QVERIFY(farthest(less(dBias), gradientOf([&](const Doubles& b) { return ::layerNorm(doubles(x), doubles(weight), b, eps); }, bias, dy)) <
                    1e-4);
        }
    }

    void gelu_data() { widths(); }
    void gelu() {
        const CpuKernels& kernels = chosen();
        Floats h;
        for (int i = -1200; i <= 1200; ++i) h.push_back(0.01F * static_cast<float>(i));
        const auto count = static_cast<std::int64_t>(h.size());
        const Floats bias = normals(h.size(), 5);
        Floats biased = h, activated(h.size());
        kernels.biasGelu(biased.data(), bias.data(), 1, count, activated.data());
        Floats gradient(h.size(), 2.0F), activatedAgain(h.size());
        kernels.geluBackward(biased.data(), count, gradient.data(), activatedAgain.data());
        QVERIFY(activated == activatedAgain);
        for (std::size_t i = 0; i < h.size(); ++i) {
            const double x = biased[i], below = 0.5 * std::erfc(-x / std::numbers::sqrt2);
            const double density = std::exp(-0.5 * x * x) / std::sqrt(2.0 * std::numbers::pi);
            QCOMPARE(biased[i], h[i] + bias[i]);
            QVERIFY2(std::abs(activated[i] - x * below) < 2e-6, qPrintable(QString::number(x)));
            QVERIFY2(std::abs(gradient[i] - 2.0 * (below + x * density)) < 2e-6, qPrintable(QString::number(x)));
        }
    }

    void sumsAndTranspositions_data() { widths(); }
    void sumsAndTranspositions() {
        const CpuKernels& kernels = chosen();
        for (const std::int64_t rows : {1, 7, 16, 33})
            for (const std::int64_t columns : {1, 16, 19, 64}) {
                const auto size = static_cast<std::size_t>(rows * columns), width = static_cast<std::size_t>(columns);
                const Floats x = normals(size, 6), bias = normals(width, 7);
                Floats turned(size), sums(width, 1.0F), biased(size), onlyBias(size);
                kernels.transpose(x.data(), rows, columns, turned.data());
                kernels.addRows(x.data(), rows, columns, sums.data());
                kernels.addBias(x.data(), bias.data(), rows, columns, biased.data());
                kernels.addBias(nullptr, bias.data(), rows, columns, onlyBias.data());
                for (std::size_t column = 0; column < width; ++column) {
                    double sum = 1.0;
                    for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
                        const std::size_t here = row * width + column;
                        QCOMPARE(turned[column * static_cast<std::size_t>(rows) + row], x[here]);
                        QCOMPARE(biased[here], x[here] + bias[column]);
                        QCOMPARE(onlyBias[here], bias[column]);
                        sum += static_cast<double>(x[here]);
                    }
                    QVERIFY(std::abs(sum - static_cast<double>(sums[column])) < 1e-5);
                }
            }
    }

    void attention_data() {
        QTest::addColumn<int>("width");
        QTest::addColumn<QList<int>>("sizes");
        const auto count = static_cast<int>(availableCpuKernels().size());
        for (int i = 0; i < count; ++i)
            for (const QList<int>& sizes :
                 {QList<int>{1, 1, 4, 0}, QList<int>{17, 3, 8, 0}, QList<int>{10, 2, 24, 3}, QList<int>{35, 1, 32, 18}, QList<int>{16, 2, 16, 15}})
                QTest::addRow("kernels %d, %d tokens, %d heads of %d, queries from %d", i, sizes[0], sizes[1], sizes[2], sizes[3]) << i << sizes;
    }
    void attention() {
        QFETCH(QList<int>, sizes);
        const CpuKernels& kernels = chosen();
        const HeadSizes n{static_cast<std::size_t>(sizes[0]), static_cast<std::size_t>(sizes[1]), static_cast<std::size_t>(sizes[2]),
                          static_cast<std::size_t>(sizes[3])};
        const std::size_t asked = (n.length - n.first) * n.heads * n.width;
        const Floats qkv = normals(n.length * 3 * n.heads * n.width, 8), dMixed = normals(asked, 9);
        const float scale = 0.3F;
        Floats bias = normals(n.length, 10);  // the first token is always there
        for (std::size_t key = 1; key < n.length; key += 3) bias[key] = -INFINITY;
        for (const Floats& keyBias : {Floats(), bias}) {
            Floats mixed(asked, 7.0F), dQkv(qkv.size(), 7.0F), scratch(static_cast<std::size_t>(kernels.attentionScratch(sizes[0], sizes[2])), 7.0F);
            const float* added = keyBias.empty() ? nullptr : keyBias.data();
            kernels.attend(qkv.data(), added, sizes[0], sizes[1], sizes[2], sizes[3], scale, mixed.data(), scratch.data());
            const auto f = [&](const Doubles& values) { return ::attention(values, keyBias, n, static_cast<double>(scale)); };
            QVERIFY(farthest(mixed, f(doubles(qkv))) < 1e-5);
            kernels.attendBackward(qkv.data(), added, dMixed.data(), sizes[0], sizes[1], sizes[2], sizes[3], scale, dQkv.data(), scratch.data());
            QVERIFY(farthest(dQkv, gradientOf(f, qkv, dMixed)) < 1e-4);
        }
    }

private:
    static void widths() {
        QTest::addColumn<int>("width");
        int i = 0;
        for (const CpuKernels* kernels : availableCpuKernels()) QTest::newRow(std::string(kernels->name).c_str()) << i++;
    }
    static const CpuKernels& chosen() {
        QFETCH(int, width);
        return *availableCpuKernels()[static_cast<std::size_t>(width)];
    }
};

MASKSCOPE_TEST(TestCpuKernels)
#include "tst_cpu_kernels.moc"
