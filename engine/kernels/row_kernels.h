#pragma once

#include "kernels/vector.h"

// Kernels over rows and elements, for one vector width; documented in cpu_kernels.h.
namespace maskscope::MASKSCOPE_VECTOR_NAMESPACE {

inline void normalizeAgain(const float* x, const float* statistics, const float* weight, const float* bias, std::int64_t rows, std::int64_t width,
                           float* y) {
    for (std::int64_t row = 0; row < rows; ++row, x += width, y += width) {
        const Vec mean = all(statistics[2 * row]), inverse = all(statistics[2 * row + 1]);
        overLanes(width, [&](std::int64_t i, std::int64_t lanes) {
            store(y + i, (load(x + i, lanes) - mean) * inverse * load(weight + i, lanes) + load(bias + i, lanes), lanes);
        });
    }
}

inline void normalize(const float* x, const float* weight, const float* bias, std::int64_t rows, std::int64_t width, float eps, float* y,
                      float* statistics) {
    for (std::int64_t row = 0; row < rows; ++row) {
        const float* values = x + row * width;
        Vec total{};
        overLanes(width, [&](std::int64_t i, std::int64_t lanes) { total += load(values + i, lanes); });
        const float mean = sum(total) / static_cast<float>(width);
        Vec squares{};
        overLanes(width, [&](std::int64_t i, std::int64_t lanes) {
            const Vec difference = firstOf(load(values + i, lanes) - mean, lanes);
            squares += difference * difference;
        });
        statistics[2 * row] = mean;
        statistics[2 * row + 1] = 1.0F / std::sqrt(sum(squares) / static_cast<float>(width) + eps);
    }
    normalizeAgain(x, statistics, weight, bias, rows, width, y);
}

inline void normalizeBackward(const float* dy, const float* x, const float* statistics, const float* weight, std::int64_t rows, std::int64_t width,
                              float* dx, float* dWeight, float* dBias) {
    for (std::int64_t row = 0; row < rows; ++row, dy += width, x += width, dx += width) {
        const Vec mean = all(statistics[2 * row]), inverse = all(statistics[2 * row + 1]);
        Vec gradients{}, products{};
        overLanes(width, [&](std::int64_t i, std::int64_t lanes) {
            const Vec given = load(dy + i, lanes), scaled = given * load(weight + i, lanes), normal = (load(x + i, lanes) - mean) * inverse;
            gradients += scaled;
            products += scaled * normal;
            store(dWeight + i, load(dWeight + i, lanes) + given * normal, lanes);
            store(dBias + i, load(dBias + i, lanes) + given, lanes);
        });
        const float share = 1.0F / static_cast<float>(width);
        const Vec meanGradient = all(sum(gradients) * share), meanProduct = all(sum(products) * share);
        overLanes(width, [&](std::int64_t i, std::int64_t lanes) {
            const Vec scaled = load(dy + i, lanes) * load(weight + i, lanes), normal = (load(x + i, lanes) - mean) * inverse;
            store(dx + i, load(dx + i, lanes) + inverse * (scaled - meanGradient - normal * meanProduct), lanes);
        });
    }
}

inline void addBias(const float* x, const float* bias, std::int64_t rows, std::int64_t width, float* y) {
    for (std::int64_t row = 0; row < rows; ++row, y += width)
        overLanes(width, [&](std::int64_t i, std::int64_t lanes) {
            const Vec added = load(bias + i, lanes);
            store(y + i, x == nullptr ? added : load(x + row * width + i, lanes) + added, lanes);
        });
}

inline void addRows(const float* x, std::int64_t rows, std::int64_t width, float* sums) {
    for (std::int64_t row = 0; row < rows; ++row, x += width)
        overLanes(width, [&](std::int64_t i, std::int64_t lanes) { store(sums + i, load(sums + i, lanes) + load(x + i, lanes), lanes); });
}

inline void transpose(const float* x, std::int64_t rows, std::int64_t columns, float* y) {
    for (std::int64_t row = 0; row < rows; row += kLanes)
        for (std::int64_t column = 0; column < columns; column += kLanes) {
            const std::int64_t high = rows - row < kLanes ? rows - row : kLanes, wide = columns - column < kLanes ? columns - column : kLanes;
            const float* from = x + row * columns + column;
            float* to = y + column * rows + row;
            if (high == kLanes && wide == kLanes)
                transposeBlock([&](std::int64_t i) { return load(from + i * columns); },
                               [&](std::int64_t i, Vec value) { store(to + i * rows, value); });
            else
                transposeBlock([&](std::int64_t i) { return i < high ? loadSome(from + i * columns, wide) : Vec{}; },
                               [&](std::int64_t i, Vec value) {
                                   if (i < wide) storeSome(to + i * rows, value, high);
                               });
        }
}

/// The normal distribution at x: its density, and how much lies below, with an absolute error of 1e-7 (Abramowitz & Stegun, Handbook of Mathematical
/// Functions, 7.1.26).
struct Normal {
    Vec density, below;

    explicit Normal(Vec x) {
        constexpr float kInverseRoot2 = 0.70710678F, kInverseRoot2Pi = 0.39894228F;
        const Vec distance = (x < 0.0F ? -x : x) * kInverseRoot2;
        const Vec bell = exponential(x * x * -0.5F);
        const Vec t = 1.0F / (distance * 0.3275911F + 1.0F);
        Vec p = t * 1.061405429F - 1.453152027F;
        p = p * t + 1.421413741F;
        p = p * t - 0.284496736F;
        p = p * t + 0.254829592F;
        const Vec half = p * t * bell * 0.5F;  // beyond the distance, on one side
        density = bell * kInverseRoot2Pi;
        below = x < 0.0F ? half : 1.0F - half;
    }
};

inline void biasGelu(float* h, const float* bias, std::int64_t rows, std::int64_t width, float* activated) {
    for (std::int64_t row = 0; row < rows; ++row, h += width, activated += width)
        overLanes(width, [&](std::int64_t i, std::int64_t lanes) {
            const Vec x = load(h + i, lanes) + load(bias + i, lanes);
            store(h + i, x, lanes);
            store(activated + i, x * Normal(x).below, lanes);
        });
}

inline void geluBackward(const float* h, std::int64_t count, float* gradient, float* activated) {
    overLanes(count, [&](std::int64_t i, std::int64_t lanes) {
        const Vec x = load(h + i, lanes);
        const Normal normal(x);
        store(activated + i, x * normal.below, lanes);
        store(gradient + i, load(gradient + i, lanes) * (normal.below + x * normal.density), lanes);
    });
}

}  // namespace maskscope::MASKSCOPE_VECTOR_NAMESPACE
