#include "tensor/view.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include "core/error.h"
#include "tensor/device.h"

namespace maskscope {
namespace {

/// Edges of the chosen samples alone, with the numbers that their tokens and slots have among the chosen.
void takeEdges(Geometry& geometry, const Geometry& all, const std::vector<std::int64_t>& places) {
    const std::int64_t tokens = all.tokens(), slots = all.edgeValid.size(1);
    const at::Tensor owner = all.edges[0].div(tokens, "floor");
    std::vector<at::Tensor> edges, edgeSlots;
    for (std::size_t i = 0; i < places.size(); ++i) {
        const at::Tensor mine = owner.eq(places[i]).nonzero().squeeze(-1);
        const std::int64_t shift = static_cast<std::int64_t>(i) - places[i];
        edges.push_back(all.edges.index_select(1, mine).add(shift * tokens));
        edgeSlots.push_back(all.edgeSlots.index_select(0, mine).add(shift * slots));
    }
    geometry.edges = at::cat(edges, 1);
    geometry.edgeSlots = at::cat(edgeSlots, 0);
}

}  // namespace

const at::Tensor& View::tensor(const std::string& tensorName) const {
    const auto found = tensors.find(tensorName);
    if (found == tensors.end())
        throw ShapeError(fmt::format("view '{}' has no '{}', but '{}'; the recipe's parts do not fit its input", name, tensorName,
                                     tensors.empty() ? "nothing" : tensors.begin()->first));
    return found->second;
}

View View::rows(const std::vector<std::int64_t>& places) const {
    View chosen = *this;
    const at::Tensor index = at::tensor(places, at::kLong).to(device());
    const auto take = [&](at::Tensor& tensor) {
        if (tensor.defined()) tensor = tensor.index_select(0, index);
    };
    for (auto& [tensorName, tensor] : chosen.tensors) take(tensor);
    take(chosen.augmentation);
    for (at::Tensor* tensor :
         {&chosen.geometry.coords, &chosen.geometry.valid, &chosen.geometry.maskable, &chosen.geometry.groups, &chosen.geometry.edgeValid})
        take(*tensor);
    if (geometry.edges.defined()) takeEdges(chosen.geometry, geometry, places);
    chosen.geometry.batch = static_cast<std::int64_t>(places.size());
    chosen.sampleIds.clear();
    for (const std::int64_t place : places) chosen.sampleIds.push_back(sampleIds[static_cast<std::size_t>(place)]);
    return chosen;
}

View View::to(c10::Device target) const {
    View moved = *this;
    for (auto& [tensorName, tensor] : moved.tensors) tensor = sentTo(tensor, target);
    Geometry& g = moved.geometry;
    for (at::Tensor* tensor : {&g.coords, &g.valid, &g.maskable, &g.groups, &g.edges, &g.edgeSlots, &g.edgeValid})
        if (tensor->defined()) *tensor = sentTo(*tensor, target);
    return moved;
}

}  // namespace maskscope
