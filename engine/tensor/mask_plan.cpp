#include "tensor/mask_plan.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include "core/error.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

using Lists = std::vector<std::vector<std::int64_t>>;

struct Padded {
    at::Tensor indices;  // [B, longest] int64
    at::Tensor real;     // [B, longest] bool; undefined where all lists are equally long
};

Padded padded(const Lists& lists, const at::Device& device) {
    std::size_t longest = 0, shortest = SIZE_MAX;
    for (const auto& list : lists) {
        longest = std::max(longest, list.size());
        shortest = std::min(shortest, list.size());
    }
    const std::vector<std::int64_t> shape{static_cast<std::int64_t>(lists.size()), static_cast<std::int64_t>(longest)};
    const at::Tensor indices = at::zeros(shape, at::kLong), real = at::zeros(shape, at::kBool);
    auto* index = indices.mutable_data_ptr<std::int64_t>();
    auto* isReal = real.mutable_data_ptr<bool>();
    for (std::size_t row = 0; row < lists.size(); ++row) {
        std::copy(lists[row].begin(), lists[row].end(), index + row * longest);
        std::fill_n(isReal + row * longest, lists[row].size(), true);
    }
    return {indices.to(device), longest == shortest ? at::Tensor() : real.to(device)};
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
    const at::Tensor isHidden = (hidden.scalar_type() == at::kBool ? hidden : hidden.gt(0.5)).cpu().contiguous();
    const at::Tensor isValid = valid.defined() ? valid.cpu().to(at::kBool).contiguous() : at::Tensor();
    const bool* hides = isHidden.const_data_ptr<bool>();
    const bool* exists = isValid.defined() ? isValid.const_data_ptr<bool>() : nullptr;

    const auto rows = static_cast<std::size_t>(hidden.size(0)), tokens = static_cast<std::size_t>(hidden.size(1));
    Lists visibleLists(rows), hiddenLists(rows);
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t i = 0; i < tokens; ++i) {
            if (exists != nullptr && !exists[row * tokens + i]) continue;
            (hides[row * tokens + i] ? hiddenLists : visibleLists)[row].push_back(static_cast<std::int64_t>(i));
        }
        if (visibleLists[row].empty() || hiddenLists[row].empty())
            throw ShapeError(fmt::format("mask of sample {} in the batch: {} of {} tokens are hidden, expected at least one hidden and one visible",
                                         row, hiddenLists[row].size(), hiddenLists[row].size() + visibleLists[row].size()));
    }
    Padded visiblePart = padded(visibleLists, hidden.device()), hiddenPart = padded(hiddenLists, hidden.device());
    return {std::move(visiblePart.indices), std::move(hiddenPart.indices), std::move(visiblePart.real), std::move(hiddenPart.real), hidden.size(1)};
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

}  // namespace maskscope
