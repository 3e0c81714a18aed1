#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace maskscope {

/// 64-bit hash of a text (FNV-1a, then mixed), the same on every machine.
std::uint64_t hashText(std::string_view text);

/// Mixes two 64-bit values into one; not commutative.
std::uint64_t hashCombine(std::uint64_t a, std::uint64_t b);

/// A counter-based stream of random numbers: Philox 4x32-10 (Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3,
/// SC 2011). The numbers depend on (seed, purpose, step, sample) alone, so that no state has to be stored, workers may
/// draw in any order, and a device can draw the same numbers.
class RandomStream {
public:
    RandomStream(std::uint64_t seed, std::string_view purpose, std::uint64_t step = 0, std::uint64_t sample = 0);

    /// 32 uniform random bits.
    std::uint32_t next();
    /// Uniform in [0, 1), 53 bits.
    double uniform();
    /// Uniform in [low, high).
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    /// Uniform integer in [0, bound) without modulo bias. `bound` must be positive.
    std::uint64_t below(std::uint64_t bound);
    /// Standard normal (Box-Muller).
    double normal();
    bool chance(double probability) { return uniform() < probability; }
    /// Goes on as if next() had been called `count` times; uniform() and chance() call it twice each.
    void skip(std::uint64_t count);

    /// A uniformly random order of 0 .. count - 1 (Fisher-Yates).
    std::vector<std::int64_t> permutation(std::int64_t count);

private:
    void refill();

    std::array<std::uint32_t, 2> key_;
    std::array<std::uint32_t, 4> counter_;
    std::array<std::uint32_t, 4> block_{};
    int used_ = 4;
};

}  // namespace maskscope
