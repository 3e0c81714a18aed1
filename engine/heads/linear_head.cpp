#include "heads/linear_head.h"

#include "heads/token_rows.h"

namespace maskscope {

LinearHead::LinearHead(const Params&, const HeadContext& context) : predict_(nullptr) {
    predict_ = register_module("predict", torch::nn::Linear(context.featureWidth, context.targetWidth));
}

at::Tensor LinearHead::forward(const Features& features, const TokenSplit* split, TokenChoice rows) {
    return predict_->forward(chooseTokens(features, split, rows));
}

}  // namespace maskscope
