#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "core/files.h"
#include "recipes/method.h"
#include "recipes/recipe.h"
#include "support/graph_views.h"

namespace maskscope::testing {

inline View viewOf(const at::Tensor& pixels, const ImageInput& input, const std::string& name = "main") {
    View view;
    view.name = name;
    view.tensors["pixels"] = pixels;
    view.geometry = Geometry::grid(pixels.size(0), {input.gridRows(), input.gridColumns()});
    for (std::int64_t i = 0; i < pixels.size(0); ++i) view.sampleIds.push_back(i);
    return view;
}

/// A shipped recipe; what graphs leave to the data is filled in.
inline Value fittedRecipe(const std::string& id, const std::string& scale) {
    Value root = loadRecipe(id, {scale, {}}, resourcesFolder() / "recipes").root;
    if (expandRecipe(root).input.isOpen()) applySettings(root, {"input.node_features=5", "input.edge_features=3"});
    return root;
}

inline View textView(const TextInput& input, std::int64_t batch) {
    View view;
    view.tensors["tokens"] = at::randint(input.firstContent, input.vocabulary, {batch, input.length}, at::kLong);
    view.geometry = Geometry::sequence(batch, input.length, at::ones({batch, input.length}, at::kBool));
    view.geometry.groups = at::arange(input.length, at::kLong).expand({batch, input.length}).contiguous();
    for (std::int64_t i = 0; i < batch; ++i) view.sampleIds.push_back(i);
    return view;
}

inline View randomGraphs(const GraphInput& input, std::int64_t batch) {
    View view = graphView(std::vector<PlainGraph>(static_cast<std::size_t>(batch), kTriangleWithTail), input.nodeFeatures, input.edgeFeatures);
    for (auto& [name, tensor] : view.tensors) tensor = tensor.argmax(-1).unsqueeze(-1).eq(at::arange(tensor.size(-1))).to(at::kFloat);  // one-hot
    return view;
}

/// Random samples of the recipe's kind, one view for each that it asks for.
inline std::vector<View> madeViews(const MethodSpec& spec, std::int64_t batch) {
    View view;
    if (const ImageInput* image = spec.input.ifImage())
        view = viewOf(at::randn({batch, image->channels, image->height, image->width}), *image);
    else if (const TextInput* text = spec.input.ifText())
        view = textView(*text, batch);
    else
        view = randomGraphs(spec.input.graph("a test"), batch);
    std::vector<View> views;
    for (const ViewSpec& wanted : spec.views) {
        views.push_back(view);
        views.back().name = wanted.name;
    }
    return views;
}

inline MaskDraw drawOf(std::int64_t batch, std::uint64_t step = 0) {
    MaskDraw draw{.seed = 1, .purpose = "mask", .step = step, .samples = {}};
    for (std::int64_t i = 0; i < batch; ++i) draw.samples.push_back(static_cast<std::uint64_t>(i));
    return draw;
}

}  // namespace maskscope::testing
