#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/value.h"
#include "encoders/encoder.h"
#include "families/family.h"
#include "families/transformers_heads.h"
#include "families/weight_map.h"
#include "heads/head.h"
#include "tensor/input_spec.h"

namespace maskscope {

/// How a text model of another program is put together from our components.
struct TextModelParts {
    std::string title;  // "BERT"
    Value encoder;      // [encoder] of a recipe, kind 'text_transformer'
    Value head = {};    // [objective.head], kind 'masked_language'; none: the model has no head
    TextInput input = {};
    std::int64_t padding = -1;     // number of the token whose places get no position of their own (RoBERTa, ESM); -1: there is none
    bool statesEndNormed = false;  // the last of hidden_states is what the final norm left
    std::string pooler = {}, classifier = {}, pairs = {}, spans = {};  // their names of linear maps on top; empty: there is none
    bool classifiesTokens = false;
    std::string problemType = {};
};

/// A text transformer of another program: takes input_ids, attention_mask, token_type_ids, position_ids and labels, and answers as
/// the classes of Hugging Face transformers do. For one thread.
class OpenedText : public FamilyModel {
public:
    /// @param map  names below "encoder." and "head."
    OpenedText(TextModelParts parts, WeightMap map, IdentityCard card);

    NamedTensors forward(ForwardInputs& inputs) override;
    IdentityCard card() const override { return card_; }
    /// None: methods on text need the tokenizer that the model was trained with, which its files hold in forms that we do not read.
    std::optional<ForeignModel> asMethod(const std::optional<Sides>&) const override { return std::nullopt; }

    /// D.
    std::int64_t width() const { return encoder_->width(); }
    /// Looks at texts with everything tapped.
    Features see(const View& view);
    /// tanh of a linear map of the first token. @return [B, D]; undefined where there is no pooler
    at::Tensor pooled(const Features& features) const;
    /// @param name  of the token numbers, [B, N] int64
    View view(ForwardInputs& inputs, const std::string& name) const;

private:
    void addHeads(NamedTensors& outputs, const Features& features, ForwardInputs& inputs);
    /// start_logits and end_logits [B, N], and the loss where both positions are given.
    void addSpans(NamedTensors& outputs, const Features& features, ForwardInputs& inputs) const;

    TextModelParts parts_;
    IdentityCard card_;
    std::shared_ptr<Encoder> encoder_;
    std::shared_ptr<Head> head_;
    std::optional<OuterLinear> pooler_, classifier_, pairs_, spans_;
};

/// What is real in a text. @param attentionMask  [B, N], not 0 = real; undefined: all is
/// @throws DataError if it does not belong to tokens [B, N]
at::Tensor realTokens(const at::Tensor& attentionMask, const at::Tensor& tokens);

/// RoBERTa's places: the i-th token that is no padding has padding + i, counted from 1, and padding has its own number.
/// @param tokens [B, N] int64  @return [B, N] int64
at::Tensor placesAfterPadding(const at::Tensor& tokens, std::int64_t padding);

/// Mean cross entropy over what is not labelled -100. @param logits [..., V]  @param labels [...]
at::Tensor labelledLoss(const at::Tensor& logits, const at::Tensor& labels);

}  // namespace maskscope
