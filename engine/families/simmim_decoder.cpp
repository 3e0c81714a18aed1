#include "families/simmim_decoder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include "core/error.h"

namespace maskscope {

at::Tensor shuffledRows(const at::Tensor& value, const ImageInput& input) {
    const at::Tensor ordered = value.reshape({input.channels, input.patchHeight * input.patchWidth, -1}).transpose(0, 1);
    return value.dim() == 1 ? ordered.flatten() : ordered.reshape({input.patchValues(), -1});
}

void mapSimMimDecoder(WeightMap& map, const std::string& theirs, const ImageInput& input) {
    for (const char* part : {".weight", ".bias"}) {
        const at::Tensor value = map.weights().take(theirs + part);
        if (value.dim() == 0 || value.size(0) != input.patchValues())
            throw DataError(fmt::format("{}: tensor '{}{}' is [{}], but the config asks for [{}, ...]; file and config do not belong together",
                                        map.weights().subject(), theirs, part, fmt::join(value.sizes(), ", "), input.patchValues()));
        map.add(std::string("head_reconstruction.predict") + part, shuffledRows(value, input), theirs + part);
    }
}

void addSimMim(MethodParts& parts) {
    parts.encoder.set("sees", "all");
    parts.mask = Value(Value::Table{{"strategy", "random"}, {"ratio", 0.6}});
    parts.target = Value(Value::Table{{"kind", "pixel"}, {"normalize", false}});
    parts.head = Value(Value::Table{{"kind", "linear"}});
    parts.loss = Value(Value::Table{{"kind", "l1"}, {"on", "hidden"}});
}

ForeignModel simMimMethod(const OpenedVit& vit, const std::string& id, const std::string& name, const std::optional<Sides>& size) {
    const ImageInput input = size ? vit.inputAt(*size) : vit.input();
    MethodParts parts{.id = id, .name = name, .input = imageInputTable(input), .encoder = vit.table()};
    addSimMim(parts);
    ForeignModel model{methodRecipe(parts), vit.tensorsAt(input)};
    for (const NamedTensor& tensor : vit.weights().tensors())
        if (tensor.first.starts_with("head_reconstruction.")) model.weights.push_back(tensor);
    return model;
}

void addSimMimFacts(IdentityCard& card) {
    card.add("Decoder", "one linear map a patch, to plain pixels (SimMIM)");
    card.works.push_back("It reconstructs the pixels of hidden patches.");
}

}  // namespace maskscope
