#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

// Only for files that are compiled once for each vector width; MASKSCOPE_VECTOR_BYTES says which. What stands here has a name of its own
// in each of them, so that the linker never puts code of one width into another.
#if MASKSCOPE_VECTOR_BYTES == 64
#define MASKSCOPE_VECTOR_NAMESPACE vector64
#elif MASKSCOPE_VECTOR_BYTES == 32
#define MASKSCOPE_VECTOR_NAMESPACE vector32
#else
#define MASKSCOPE_VECTOR_NAMESPACE vector16
#endif

namespace maskscope::MASKSCOPE_VECTOR_NAMESPACE {

typedef float Vec __attribute__((vector_size(MASKSCOPE_VECTOR_BYTES)));
typedef std::int32_t IntVec __attribute__((vector_size(MASKSCOPE_VECTOR_BYTES)));

constexpr std::int64_t kLanes = MASKSCOPE_VECTOR_BYTES / 4;

inline Vec load(const float* from) {
    Vec value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

inline void store(float* to, Vec value) { std::memcpy(to, &value, sizeof value); }

/// The first `count` lanes, 0 <= count <= kLanes; the others are 0.
inline Vec loadSome(const float* from, std::int64_t count) {
    Vec value{};
    std::memcpy(&value, from, static_cast<std::size_t>(count) * sizeof(float));
    return value;
}

inline void storeSome(float* to, Vec value, std::int64_t count) { std::memcpy(to, &value, static_cast<std::size_t>(count) * sizeof(float)); }

/// The first `lanes` lanes, 0 behind them.
inline Vec firstOf(Vec value, std::int64_t lanes) {
    for (std::int64_t i = lanes; i < kLanes; ++i) value[i] = 0.0F;
    return value;
}

inline void fill(float* from, std::int64_t count, float value) {
    for (std::int64_t i = 0; i < count; ++i) from[i] = value;
}

inline Vec all(float value) { return Vec{} + value; }

inline Vec larger(Vec a, Vec b) { return a > b ? a : b; }

inline float sum(Vec value) {
    float total = 0.0F;
    for (std::int64_t i = 0; i < kLanes; ++i) total += value[i];
    return total;
}

inline float largest(Vec value) {
    float most = value[0];
    for (std::int64_t i = 1; i < kLanes; ++i) most = value[i] > most ? value[i] : most;
    return most;
}

/// exp(x) for x <= 88, 0 below -87; relative error under 2e-7 (argument reduction by ln 2 in two parts, then the Taylor polynomial of degree 7).
inline Vec exponential(Vec x) {
    constexpr float kLog2E = 1.44269504F, kLn2High = 0.693359375F, kLn2Low = -2.12194440e-4F;
    const auto tooSmall = x < -87.0F;
    const Vec inside = tooSmall ? all(0.0F) : x;
    const Vec scaled = inside * kLog2E;
    const IntVec whole = __builtin_convertvector(scaled + (scaled < 0.0F ? all(-0.5F) : all(0.5F)), IntVec);  // rounds to the nearest
    const Vec n = __builtin_convertvector(whole, Vec);
    const Vec r = (inside - n * kLn2High) - n * kLn2Low;
    Vec p = all(1.0F / 5040.0F);
    p = p * r + 1.0F / 720.0F;
    p = p * r + 1.0F / 120.0F;
    p = p * r + 1.0F / 24.0F;
    p = p * r + 1.0F / 6.0F;
    p = p * r + 0.5F;
    p = p * r + 1.0F;
    p = p * r + 1.0F;
    const IntVec bits = (whole + 127) << 23;
    Vec power;
    std::memcpy(&power, &bits, sizeof power);
    return tooSmall ? all(0.0F) : p * power;
}

/// Exchanges the off-diagonal blocks of kBlock lanes of two rows that are kBlock apart.
template <std::int32_t kBlock, std::int32_t... kLane>
inline void exchangeBlocks(Vec& first, Vec& other, std::integer_sequence<std::int32_t, kLane...>) {
    constexpr std::int32_t kOther = sizeof...(kLane);  // where the lanes of the second row begin in a shuffle
    const IntVec upper = {((kLane & kBlock) != 0 ? kOther + kLane - kBlock : kLane)...};
    const IntVec lower = {((kLane & kBlock) != 0 ? kOther + kLane : kLane + kBlock)...};
    const Vec kept = first;
    first = __builtin_shuffle(kept, other, upper);
    other = __builtin_shuffle(kept, other, lower);
}

/// Exchanges rows and columns of kLanes vectors, by blocks of 1, 2, 4, ... lanes (Eklundh, 1972).
template <std::int32_t kBlock = 1>
inline void transposeLanes(Vec (&rows)[kLanes]) {
#pragma GCC unroll 16
    for (std::int32_t row = 0; row < kLanes; ++row)
        if ((row & kBlock) == 0) exchangeBlocks<kBlock>(rows[row], rows[row + kBlock], std::make_integer_sequence<std::int32_t, kLanes>());
    if constexpr (2 * kBlock < kLanes) transposeLanes<2 * kBlock>(rows);
}

/// Takes kLanes rows of a matrix, one vector each, and gives its columns.
template <typename Load, typename Store>
inline void transposeBlock(const Load& loadRow, const Store& storeRow) {
    Vec block[kLanes];
#pragma GCC unroll 16
    for (std::int64_t i = 0; i < kLanes; ++i) block[i] = loadRow(i);
    transposeLanes(block);
#pragma GCC unroll 16
    for (std::int64_t i = 0; i < kLanes; ++i) storeRow(i, block[i]);
}

/// Calls f(place, lanes) over 0 .. count - 1 in steps of a vector; the last may have fewer lanes.
template <typename Call>
inline void overLanes(std::int64_t count, const Call& f) {
    std::int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes) f(i, kLanes);
    if (i < count) f(i, count - i);
}

inline Vec load(const float* from, std::int64_t lanes) { return lanes == kLanes ? load(from) : loadSome(from, lanes); }
inline void store(float* to, Vec value, std::int64_t lanes) {
    if (lanes == kLanes)
        store(to, value);
    else
        storeSome(to, value, lanes);
}

}  // namespace maskscope::MASKSCOPE_VECTOR_NAMESPACE
