#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

namespace maskscope {

/// What the entries of a mask stand for. The nodes of a graph are its tokens.
enum class MaskSpace { Token, Pixel, Frequency, Edge, Channel };

/// One drawn mask for a batch. Polarity everywhere: 1 = hidden.
struct Mask {
    std::string role = "hidden";  // what corruptions and objectives call it
    std::string view = "main";
    MaskSpace space = MaskSpace::Token;
    at::Tensor hidden;                         // [B, N] (edges: [B, S] slots) float in 0..1 on the CPU or the device of the view
    at::Tensor order;                          // [B, N] int64: prediction order; undefined where there is none
    at::Tensor source;                         // [B, N] int64: sample that fills a hidden place (mixtures); undefined where there is none
    at::Tensor chance;                         // [B, N, 2] float in [0, 1): what happens to a hidden place; undefined where all share one fate
    std::map<std::string, at::Tensor> extras;  // more named tensors of a strategy, [B, ...]
};

/// Visible and hidden token indices of a batch, ascending in each sample. Samples may differ in their counts: rows are
/// padded with index 0 to the largest count, and the *Real tensors mark real entries.
struct TokenSplit {
    at::Tensor visible;       // [B, K] int64
    at::Tensor hidden;        // [B, M] int64
    at::Tensor visibleReal;   // [B, K] bool; undefined where every entry is real
    at::Tensor hiddenReal;    // [B, M] bool; undefined where every entry is real
    std::int64_t tokens = 0;  // N

    std::int64_t visibleCount() const { return visible.size(1); }
    std::int64_t hiddenCount() const { return hidden.size(1); }
};

/// Derives the indices from a mask.
/// @param hidden  [B, N] float or bool, 1 = hidden (values above 0.5 count as hidden)
/// @param valid   [B, N] bool or undefined; padding is neither visible nor hidden
/// @throws ShapeError if shapes differ or some sample has nothing visible or nothing hidden
TokenSplit splitTokens(const at::Tensor& hidden, const at::Tensor& valid);

/// The masks of one step and what follows from them.
class MaskPlan {
public:
    /// @param copies  M masks a sample: the batch of the mask tensors is B * M, copies of one sample next to each other
    explicit MaskPlan(std::int64_t copies = 1) : copies_(copies) {}

    /// Adds a mask; its role must be new. Masks of tokens, of edges and of frequencies get their split.
    /// @param valid  [B, N] bool, or of edge slots; undefined: all are real
    void add(Mask mask, const at::Tensor& valid = {});
    /// Adds a mask of which only `hidden` will be read: it has no split, so samples may have nothing hidden or nothing visible.
    void addUnsplit(Mask mask);

    bool has(const std::string& role) const { return splits_.count(role) != 0; }
    /// @throws ShapeError if no mask has this role
    const Mask& mask(const std::string& role) const;
    const TokenSplit& split(const std::string& role) const;
    /// Null where no mask of this role has a split: nothing is hidden by it.
    const TokenSplit* findSplit(const std::string& role) const;
    const std::vector<Mask>& masks() const { return masks_; }
    std::int64_t copies() const { return copies_; }
    /// One mask a sample, the first of each: what can be shown.
    MaskPlan firstCopies() const;
    /// The masks of `count` samples from `first` on. Indices stay padded to the longest of the whole plan. Mixtures name samples of the
    /// whole batch and cannot be cut.
    MaskPlan rows(std::int64_t first, std::int64_t count) const;
    /// The same on another device, copied as sentTo() does: what is drawn on the host follows the steps that a GPU has still to do.
    MaskPlan to(c10::Device device) const;

private:
    template <typename Change>
    MaskPlan changed(const Change& change, std::int64_t copies) const;

    std::int64_t copies_;
    std::vector<Mask> masks_;
    std::map<std::string, TokenSplit> splits_;
};

}  // namespace maskscope
