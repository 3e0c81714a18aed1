#include "training/micro_batch.h"

namespace maskscope {
namespace {

void add(std::vector<at::Tensor>& all, std::initializer_list<const at::Tensor*> tensors) {
    for (const at::Tensor* tensor : tensors)
        if (tensor->defined()) all.push_back(*tensor);
}

}  // namespace

std::vector<at::Tensor> tensorsOf(const View& view) {
    std::vector<at::Tensor> all;
    for (const auto& [name, tensor] : view.tensors) add(all, {&tensor});
    const Geometry& g = view.geometry;
    add(all, {&g.coords, &g.valid, &g.maskable, &g.groups, &g.edges, &g.edgeSlots, &g.edgeValid});
    return all;
}

std::vector<at::Tensor> tensorsOf(const MicroBatch& batch) {
    std::vector<at::Tensor> all;
    for (const View& view : batch.views)
        for (const at::Tensor& tensor : tensorsOf(view)) all.push_back(tensor);
    for (const Mask& mask : batch.plan.masks()) {
        add(all, {&mask.hidden, &mask.order, &mask.source, &mask.chance});
        for (const auto& [name, tensor] : mask.extras) add(all, {&tensor});
        if (const TokenSplit* split = batch.plan.findSplit(mask.role))
            add(all, {&split->visible, &split->hidden, &split->visibleReal, &split->hiddenReal});
    }
    return all;
}

}  // namespace maskscope
