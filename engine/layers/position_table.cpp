#include "layers/position_table.h"

#include <torch/torch.h>

#include "core/error.h"
#include "tensor/positions.h"

namespace maskscope {

namespace {

/// Rows and columns of the tokens. @throws RecipeError for a graph, whose nodes lie nowhere
std::pair<std::int64_t, std::int64_t> tokenGrid(const InputSpec& input) {
    if (const ImageInput* image = input.ifImage()) return {image->gridRows(), image->gridColumns()};
    if (const TextInput* text = input.ifText()) return {1, text->length};
    throw RecipeError("the nodes of a graph have no positions; set positions = \"none\"");
}

}  // namespace

std::string readPositionKind(ParamReader& reader) {
    return reader.choice("positions", "sincos", {"sincos", "learned", "none"},
                         "how tokens know their place: fixed sine-cosine (needs a width divisible by 4), a learned table, or not at all");
}

PositionTable::PositionTable(const std::string& kind, const InputSpec& input, std::int64_t width) {
    if (kind == "none") return;
    const auto [rows, columns] = tokenGrid(input);
    if (kind == "sincos")
        table_ = register_buffer("table", sinCosPositions(rows, columns, width));
    else
        table_ = register_parameter("table", torch::zeros({rows * columns, width}));
}

at::Tensor PositionTable::addTo(const at::Tensor& tokens, const at::Tensor& indices) const {
    if (!table_.defined()) return tokens;
    if (!indices.defined()) return tokens + table_;
    return tokens + table_.index_select(0, indices.reshape(-1)).view({indices.size(0), indices.size(1), table_.size(1)});
}

}  // namespace maskscope
