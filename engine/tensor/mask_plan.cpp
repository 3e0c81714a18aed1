#include "tensor/mask_plan.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>
#include <c10/core/DeviceGuard.h>
#include <fmt/format.h>

#include "core/error.h"
#include "tensor/device.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

/// On the device of the mask.
struct Sorted {
    at::Tensor visible, hidden;  // [B, N] int64: indices from the left, then zeros
    at::Tensor counts;           // [B, 2] int64
};

Sorted sortTokens(const at::Tensor& hidden, const at::Tensor& valid) {
    const DeviceKernels* kernels = kernelsOf(hidden.device());
    const at::Device device = kernels != nullptr ? hidden.device() : at::Device(at::kCPU);
    const at::Tensor hides = (hidden.scalar_type() == at::kBool ? hidden : hidden.gt(0.5)).to(device).contiguous();
    const at::Tensor exists = valid.defined() ? valid.to(device, at::kBool).contiguous() : at::Tensor();
    const auto indices = hides.options().dtype(at::kLong);
    const Sorted sorted{at::zeros(hides.sizes(), indices), at::zeros(hides.sizes(), indices), at::zeros({hides.size(0), 2}, indices)};
    const c10::DeviceGuard guard(device);
    (kernels != nullptr ? *kernels : hostKernels())
        .sortTokens({hides.const_data_ptr<bool>(), exists.defined() ? exists.const_data_ptr<bool>() : nullptr, hides.size(0), hides.size(1),
                     sorted.visible.mutable_data_ptr<std::int64_t>(), sorted.hidden.mutable_data_ptr<std::int64_t>(),
                     sorted.counts.mutable_data_ptr<std::int64_t>()});
    return {sorted.visible.to(hidden.device()), sorted.hidden.to(hidden.device()), sorted.counts.to(hidden.device())};
}

/// Cut to the longest row. @param counts  [B]; `known` the same on the CPU
/// @return indices [B, longest]; which of them are real, undefined where all are
std::pair<at::Tensor, at::Tensor> padded(const at::Tensor& indices, const at::Tensor& counts, const at::Tensor& known) {
    if (known.numel() == 0) return {indices.narrow(1, 0, 0), at::Tensor()};
    const auto longest = known.max().item<std::int64_t>();
    at::Tensor cut = indices.narrow(1, 0, longest).contiguous();
    if (known.min().item<std::int64_t>() == longest) return {std::move(cut), at::Tensor()};
    return {std::move(cut), at::arange(longest, indices.options()).unsqueeze(0).lt(counts.unsqueeze(1))};
}

std::string knownRoles(const std::vector<Mask>& masks) {
    std::string text;
    for (const Mask& mask : masks) text += fmt::format("{}'{}'", text.empty() ? "" : ", ", mask.role);
    return text.empty() ? "none" : text;
}

}  // namespace

TokenSplit splitTokens(const at::Tensor& hidden, const at::Tensor& valid) {
    requireShape(hidden, {kAnySize, kAnySize}, "mask");
    if (valid.defined()) requireShape(valid, {hidden.size(0), hidden.size(1)}, "valid tokens of the mask");
    const Sorted sorted = sortTokens(hidden, valid);
    const at::Tensor counts = sorted.counts.cpu();
    const auto* count = counts.const_data_ptr<std::int64_t>();
    for (std::int64_t row = 0; row < hidden.size(0); ++row)
        if (count[2 * row] == 0 || count[2 * row + 1] == 0)
            throw ShapeError(fmt::format("mask of sample {} in the batch: {} of {} tokens are hidden, expected at least one hidden and one visible",
                                         row, count[2 * row + 1], count[2 * row] + count[2 * row + 1]));
    TokenSplit split{.tokens = hidden.size(1)};
    std::tie(split.visible, split.visibleReal) = padded(sorted.visible, sorted.counts.select(1, 0), counts.select(1, 0));
    std::tie(split.hidden, split.hiddenReal) = padded(sorted.hidden, sorted.counts.select(1, 1), counts.select(1, 1));
    return split;
}

void MaskPlan::add(Mask mask, const at::Tensor& valid) {
    const std::string role = mask.role;
    std::optional<TokenSplit> split;
    if (mask.space != MaskSpace::Pixel && mask.space != MaskSpace::Channel) split = splitTokens(mask.hidden, valid);
    addUnsplit(std::move(mask));
    if (split) splits_.emplace(role, std::move(*split));
}

void MaskPlan::addUnsplit(Mask mask) {
    const auto isSameRole = [&](const Mask& other) { return other.role == mask.role; };
    if (std::any_of(masks_.begin(), masks_.end(), isSameRole))
        throw ShapeError(fmt::format("there are two masks of the role '{}'; roles of a plan must differ", mask.role));
    masks_.push_back(std::move(mask));
}

const Mask& MaskPlan::mask(const std::string& role) const {
    for (const Mask& mask : masks_)
        if (mask.role == role) return mask;
    throw ShapeError(fmt::format("there is no mask of the role '{}'; the plan has {}", role, knownRoles(masks_)));
}

const TokenSplit* MaskPlan::findSplit(const std::string& role) const {
    const auto place = splits_.find(role);
    return place == splits_.end() ? nullptr : &place->second;
}

const TokenSplit& MaskPlan::split(const std::string& role) const {
    if (const TokenSplit* found = findSplit(role)) return *found;
    mask(role);
    throw ShapeError(
        fmt::format("the mask of the role '{}' has no visible and hidden tokens: it does not hide tokens, or was added without a split", role));
}

/// The plan with each of its tensors, whose rows are samples, changed in the same way.
template <typename Change>
MaskPlan MaskPlan::changed(const Change& change, std::int64_t copies) const {
    const auto of = [&](const at::Tensor& values) { return values.defined() ? change(values) : values; };
    MaskPlan plan(copies);
    for (Mask mask : masks_) {
        for (at::Tensor* values : {&mask.hidden, &mask.order, &mask.source, &mask.chance}) *values = of(*values);
        for (auto& [name, values] : mask.extras) values = of(values);
        plan.masks_.push_back(std::move(mask));
    }
    for (const auto& [role, split] : splits_)
        plan.splits_.emplace(role, TokenSplit{of(split.visible), of(split.hidden), of(split.visibleReal), of(split.hiddenReal), split.tokens});
    return plan;
}

MaskPlan MaskPlan::firstCopies() const {
    if (copies_ == 1) return *this;
    return changed([&](const at::Tensor& values) { return values.slice(0, 0, values.size(0), copies_).contiguous(); }, 1);
}

MaskPlan MaskPlan::rows(std::int64_t first, std::int64_t count) const {
    return changed([&](const at::Tensor& values) { return values.narrow(0, first * copies_, count * copies_); }, copies_);
}

MaskPlan MaskPlan::to(c10::Device device) const {
    return changed([&](const at::Tensor& values) { return sentTo(values, device); }, copies_);
}

}  // namespace maskscope
