#pragma once

#include <cstdint>
#include <functional>

#include <ATen/core/Tensor.h>

#include "recipes/method_spec.h"

namespace maskscope {

/// Codes on the way to a whole picture.
struct Decoding {
    at::Tensor codes;                  // [B, N] int64; what is hidden means nothing
    at::Tensor hidden;                 // [B, N] bool, true = still to be guessed
    std::int64_t step = 0, steps = 0;  // network passes done, and all of them
};

/// Guesses hidden codes step by step: asks for logits, draws a code for every hidden place, keeps some of them, asks again. Which and how many are
/// kept, the spec says: all places at once by their confidence (Chang et al., MaskGIT, CVPR 2022, Sec. 3.2), or one after the other (Chen et al.,
/// iGPT, ICML 2020, Sec. 2). What is visible at first, and what was kept once, stays.
class Sampler {
public:
    /// Of the codes so far and what is still hidden, [B, N] each. @return [B, N, V] logits
    using Ask = std::function<at::Tensor(const at::Tensor& codes, const at::Tensor& hidden)>;
    /// After each step. @return false: stop here
    using Watch = std::function<bool(const Decoding&)>;

    explicit Sampler(const SamplerSpec& spec) : spec_(spec) {}

    /// @param start  codes and what is hidden of them, at least one place in some sample
    /// @param seed   of the draws
    /// @return       the last state: nothing is hidden unless `watch` stopped it
    Decoding decode(Decoding start, std::uint64_t seed, const Ask& ask, const Watch& watch = {}) const;

    /// Places that stay hidden after a step, of those that were hidden at first: floor(first * cos(pi/2 * step/steps)) by the cosine schedule of
    /// MaskGIT (Sec. 3.2 and 4.4), and never all that are hidden now.
    /// @param first, now  [B] int64   @return [B] int64
    at::Tensor stayingHidden(const at::Tensor& first, const at::Tensor& now, std::int64_t step, std::int64_t steps) const;

private:
    at::Tensor precedence(const at::Tensor& logits, const at::Tensor& chosen, const at::Tensor& chance, double progress) const;

    SamplerSpec spec_;
};

}  // namespace maskscope
