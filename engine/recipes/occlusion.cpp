#include "recipes/occlusion.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"

namespace maskscope {

at::Tensor occlusions(const Features& drawn) { return drawn.tokens.softmax(-1).transpose(1, 2); }

MaskPlan occlusionPlan(const Features& drawn, const std::string& role, const View& view) {
    const at::Tensor masks = occlusions(drawn);
    Mask mask;
    mask.role = role;
    mask.view = view.name;
    mask.hidden = masks.flatten(0, 1);
    const std::int64_t places = masks.size(2);
    if (places != view.geometry.tokens()) {
        const auto pixels = view.tensors.find("pixels");
        if (pixels == view.tensors.end() || places != pixels->second.size(2) * pixels->second.size(3))
            throw ShapeError(fmt::format("masks that a network draws have {} places, expected one for each of the view's {} tokens or of its pixels",
                                         places, view.geometry.tokens()));
        mask.space = MaskSpace::Pixel;
    }
    MaskPlan plan(masks.size(1));
    plan.addUnsplit(std::move(mask));
    return plan;
}

void addOcclusions(Prediction& answer, const Features& drawn) {
    if (drawn.geometry.kind != GeometryKind::Grid || drawn.geometry.shape.size() != 2) return;
    const at::Tensor masks = occlusions(drawn).unflatten(2, drawn.geometry.shape);
    for (std::int64_t i = 0; i < masks.size(1); ++i)
        answer.depictions.push_back({fmt::format("mask-{}", i + 1), masks.narrow(1, i, 1).expand({-1, 3, -1, -1}).contiguous()});
}

}  // namespace maskscope
