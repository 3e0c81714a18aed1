#include "heads/token_rows.h"

#include "core/error.h"
#include "tensor/gather.h"

namespace maskscope {

at::Tensor chooseRows(const at::Tensor& tokens, const TokenSplit* split, TokenChoice rows) {
    if (rows == TokenChoice::All) return tokens;
    if (rows == TokenChoice::Class) throw ShapeError("this head says nothing about the class token; choose head 'mlp', 'linear' or 'prototypes'");
    if (split == nullptr) throw ShapeError("nothing was hidden in this pass, so hidden and visible tokens cannot be told apart; ask for all");
    return takeTokens(tokens, rows == TokenChoice::Hidden ? split->hidden : split->visible);
}

at::Tensor chooseTokens(const Features& features, const TokenSplit* split, TokenChoice rows) {
    if (rows == TokenChoice::Class) {
        if (features.prefixCount() == 0) throw ShapeError("the encoder has no class token to stand for the sample; set its cls = true");
        return features.prefix.narrow(1, 0, 1);
    }
    if (!features.dropped) return chooseRows(features.tokens, split, rows);
    if (rows != TokenChoice::Visible)
        throw ShapeError(
            "the encoder dropped the hidden tokens, and this head has none of its own; choose head 'transformer' or an encoder that sees all");
    return features.tokens;
}

}  // namespace maskscope
