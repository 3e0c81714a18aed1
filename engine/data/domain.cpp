#include "data/domain.h"

#include <fmt/format.h>

#include "core/error.h"
#include "data/graphs/graph_domain.h"
#include "data/images/image_domain.h"
#include "data/text/text_domain.h"

namespace maskscope {

std::unique_ptr<DataDomain> makeDomain(const InputSpec& input, const std::vector<ViewRequest>& views) {
    if (const ImageInput* images = input.ifImage()) return std::make_unique<ImageDomain>(*images, views);
    if (const TextInput* text = input.ifText()) return std::make_unique<TextDomain>(*text, views);
    if (const GraphInput* graphs = input.ifGraph()) return std::make_unique<GraphDomain>(*graphs, views);
    throw RecipeError(fmt::format("input.kind '{}' is not available: needs a reader of its data", input.kind()));
}

}  // namespace maskscope
