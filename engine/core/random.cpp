#include "core/random.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace maskscope {
namespace {

/// Finaliser of SplitMix64.
std::uint64_t mix(std::uint64_t x) {
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9ULL;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

}  // namespace

std::uint64_t hashText(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3ULL;
    }
    return mix(hash);
}

std::uint64_t hashCombine(std::uint64_t a, std::uint64_t b) { return mix(mix(a + 0x9e3779b97f4a7c15ULL) ^ b); }

RandomStream::RandomStream(std::uint64_t seed, std::string_view purpose, std::uint64_t step, std::uint64_t sample) {
    const std::uint64_t key = hashCombine(hashCombine(seed, hashText(purpose)), step);
    key_ = {low(key), high(key)};
    counter_ = {0, 0, low(sample), high(sample)};
}

void RandomStream::refill() {
    static constexpr std::uint64_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
    static constexpr std::uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
    std::array<std::uint32_t, 4> x = counter_;
    std::array<std::uint32_t, 2> key = key_;
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t product0 = kMultiplier0 * x[0], product1 = kMultiplier1 * x[2];
        x = {high(product1) ^ x[1] ^ key[0], low(product1), high(product0) ^ x[3] ^ key[1], low(product0)};
        key[0] += kWeyl0;
        key[1] += kWeyl1;
    }
    block_ = x;
    used_ = 0;
    if (++counter_[0] == 0) ++counter_[1];
}

std::uint32_t RandomStream::next() {
    if (used_ == 4) refill();
    return block_[static_cast<std::size_t>(used_++)];
}

void RandomStream::skip(std::uint64_t count) {
    const std::uint64_t left = std::min<std::uint64_t>(count, 4 - static_cast<std::uint64_t>(used_)), blocks = (count - left) / 4;
    used_ += static_cast<int>(left);
    const std::uint64_t position = (static_cast<std::uint64_t>(counter_[1]) << 32 | counter_[0]) + blocks;
    counter_[0] = low(position);
    counter_[1] = high(position);
    if (const std::uint64_t rest = (count - left) % 4; rest > 0) {
        refill();
        used_ = static_cast<int>(rest);
    }
}

double RandomStream::uniform() {
    const std::uint64_t bits = (static_cast<std::uint64_t>(next()) << 32 | next()) >> 11;
    return static_cast<double>(bits) * 0x1.0p-53;
}

std::uint64_t RandomStream::below(std::uint64_t bound) {
    const std::uint64_t limit = bound * (UINT64_MAX / bound);
    std::uint64_t draw = 0;
    do draw = static_cast<std::uint64_t>(next()) << 32 | next();
    while (draw >= limit);
    return draw % bound;
}

double RandomStream::normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

std::vector<std::int64_t> RandomStream::permutation(std::int64_t count) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), std::int64_t{0});
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[below(i)]);
    return order;
}

}  // namespace maskscope
