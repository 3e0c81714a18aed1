#include "heads/token_rows.h"

#include "core/error.h"
#include "tensor/gather.h"

namespace maskscope {

at::Tensor chooseRows(const at::Tensor& tokens, const TokenSplit* split, TokenChoice rows) {
    if (rows == TokenChoice::All) return tokens;
    if (split == nullptr) throw ShapeError("nothing was hidden in this pass, so hidden and visible tokens cannot be told apart; ask for all");
    return takeTokens(tokens, rows == TokenChoice::Hidden ? split->hidden : split->visible);
}

at::Tensor chooseTokens(const Features& features, const TokenSplit* split, TokenChoice rows) {
    if (!features.dropped) return chooseRows(features.tokens, split, rows);
    if (rows != TokenChoice::Visible)
        throw ShapeError(
            "the encoder dropped the hidden tokens, and this head has none of its own; choose head 'transformer' or an encoder that sees all");
    return features.tokens;
}

}  // namespace maskscope
