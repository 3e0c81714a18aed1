#include "recipes/mask_places.h"

#include "core/error.h"

namespace maskscope {

Geometry maskedGeometry(const MaskSpec& mask, const InputSpec& input, const View& view) {
    if (mask.space == MaskSpace::Frequency) {
        const ImageInput& image = input.image("a mask of frequencies");
        return Geometry::grid(view.batch(), {image.height, image.width});
    }
    if (mask.space != MaskSpace::Edge) return view.geometry;
    if (!view.geometry.edgeValid.defined())
        throw ShapeError("a mask of edges needs a graph, but the view has no edges; set input.kind = \"graph\" or mask.space = \"token\"");
    return Geometry::sequence(view.batch(), view.geometry.edgeValid.size(1), view.geometry.edgeValid);
}

}  // namespace maskscope
