#include "layers/position_table.h"

#include <torch/torch.h>

#include "tensor/positions.h"

namespace maskscope {

std::string readPositionKind(ParamReader& reader) {
    return reader.choice("positions", "sincos", {"sincos", "learned", "none"},
                         "how tokens know their place: fixed sine-cosine (needs a width divisible by 4), a learned table, or not at all");
}

PositionTable::PositionTable(const std::string& kind, const InputSpec& input, std::int64_t width) {
    if (kind == "sincos")
        table_ = register_buffer("table", sinCosPositions(input.gridRows(), input.gridColumns(), width));
    else if (kind == "learned")
        table_ = register_parameter("table", torch::zeros({input.patches(), width}));
}

at::Tensor PositionTable::addTo(const at::Tensor& tokens, const at::Tensor& indices) const {
    if (!table_.defined()) return tokens;
    if (!indices.defined()) return tokens + table_;
    return tokens + table_.index_select(0, indices.reshape(-1)).view({indices.size(0), indices.size(1), table_.size(1)});
}

}  // namespace maskscope
