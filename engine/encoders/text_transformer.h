#pragma once

#include <memory>
#include <string>

#include "encoders/encoder.h"
#include "layers/token_embedding.h"
#include "layers/transformer.h"

namespace maskscope {

/// Bidirectional transformer over tokens of text (Devlin et al., BERT, NAACL 2019, Sec. 3; Liu et al., RoBERTa, 2019) or of proteins
/// (Lin et al., ESM-2, Science 2023). Hidden
/// tokens become the mask's number or, as the corruption's shares say, a random token or remain what they are (Sec. 3.1,
/// 'Task #1'). Class token and separators are tokens like others, so features have no prefix. Nobody attends to padding.
class TextTransformer : public Encoder {
public:
    struct Params {
        TransformerParams transformer;
        TokenEmbeddingParams embedding;
        bool rotary = false;  // queries and keys turn with their place
        double rotaryBase = 10000.0;
        std::string initialization;
        static Params read(ParamReader& reader);
    };

    TextTransformer(const Params& params, const InputSpec& input);

    /// CorruptionKind::Token at the input; at the embedding it is the same.
    bool honours(const Corruption& corruption) const override;
    /// Reads "tokens" [B, N] int64 and, where the view has them, "types" and "positions" [B, N] int64.
    /// @throws ShapeError if N exceeds the input's length
    Features forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) override;
    std::int64_t width() const override { return params_.transformer.width; }
    std::int64_t layerOf(const std::string& parameterName) const override;
    std::int64_t depth() const override { return params_.transformer.depth; }
    const std::string& initialization() const override { return params_.initialization; }

private:
    Features embedded(const View& view, const MaskPlan& plan, const Corruption& corruption);
    at::Tensor replaceHidden(const at::Tensor& tokens, const Mask& mask, const Corruption& corruption) const;

    Params params_;
    TextInput input_;
    std::shared_ptr<TokenEmbedding> embedding_;
    std::shared_ptr<Transformer> transformer_;
};

}  // namespace maskscope
