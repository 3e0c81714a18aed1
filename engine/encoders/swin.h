#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "encoders/encoder.h"
#include "layers/grid_windows.h"
#include "layers/norm.h"
#include "layers/patch_embedding.h"
#include "layers/patch_merging.h"
#include "layers/position_table.h"
#include "layers/transformer.h"
#include "layers/window_bias.h"

namespace maskscope {

/// What a stage of a hierarchical transformer says.
struct StageTokens {
    at::Tensor tokens;                   // [B, rows * columns, D] after the stage's blocks
    at::Tensor merged;                   // [B, ceil(rows / 2) * ceil(columns / 2), D'] after merging; the last stage: tokens
    std::int64_t rows = 0, columns = 0;  // of `tokens`
    at::Tensor attention;                // [B * W, heads, L, L] inside the windows of its last block, if asked for
};

/// Swin Transformer (Liu et al., ICCV 2021) and its second version (Liu et al., CVPR 2022): attention inside windows that shift
/// from block to block, on a grid that halves from stage to stage. As in SimMIM (Xie et al., CVPR 2022, Sec. 3) a mask token takes the place
/// of hidden patches; or another image shows there, and tokens of the two do not attend to each other (Liu et al., MixMAE, CVPR 2023, Sec. 3.2). The
/// recipe's patch is what one token of the last stage stands for; the stem's own is `stem_patch`.
///
/// Layers and attentions that Features holds are those of the last stage, whose tokens are the features'.
class Swin : public Encoder {
public:
    struct Params {
        std::int64_t stemPatch = 4;  // pixels
        std::int64_t width = 96;     // of the first stage; it doubles with every stage
        std::vector<std::int64_t> depths, heads;
        std::vector<std::int64_t> windowRows, windowColumns;  // one for all stages, or one a stage
        std::string windowFit = "axis";                       // axis | smaller | rows | none
        bool shifts = true;                                   // windows of every second block
        bool padsBeforeShift = false;
        double strangerPenalty = 100.0;
        std::int64_t version = 1;
        std::vector<std::int64_t> knownWindows;  // version 2, as windowRows; 0: the window itself
        std::int64_t headWidth = 0;
        double mlpRatio = 4.0;
        bool qkvBias = true;
        double normEps = 1e-5, dropPath = 0.0;
        std::string activation = "gelu", positions = "none", initialization = "normal";
        static Params read(ParamReader& reader);

        std::size_t stages() const { return depths.size(); }
        std::int64_t widthOf(std::size_t stage) const { return width << stage; }
        /// Pixels that a token of the last stage covers along one side.
        std::int64_t totalStride() const { return stemPatch << (stages() - 1); }
    };

    Swin(const Params& params, const InputSpec& input);

    bool honours(const Corruption& corruption) const override;
    void prepare(const Corruption& corruption) override;
    Features forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) override;
    std::int64_t width() const override { return params_.widthOf(params_.stages() - 1); }
    std::int64_t layerOf(const std::string& parameterName) const override;
    std::int64_t depth() const override;
    const std::string& initialization() const override { return params_.initialization; }

    const Params& params() const { return params_; }

    /// The stem's tokens, with positions.
    /// @param pixels     [B, C, H, W], sides divisible by the stem's patch
    /// @param hidden     [B, N] float, N the stem's tokens, 1 = hidden; undefined: none
    /// @param kind       what stands in their place: Token or Zero
    /// @param positions  [N, D] to add instead of the table's, for grids of another size; undefined: the table's
    at::Tensor embed(const at::Tensor& pixels, const at::Tensor& hidden, CorruptionKind kind, const at::Tensor& positions = {});
    /// All stages. @param tokens  [B, rows * columns, D] from embed
    /// @param apart  [B, N] float, N the tokens of the last stage: tokens of 1 and of 0 do not attend to each other; undefined: all do
    std::vector<StageTokens> runStages(const at::Tensor& tokens, std::int64_t rows, std::int64_t columns, const Taps& taps, Features& features,
                                       const at::Tensor& apart = {});
    at::Tensor normalize(const at::Tensor& tokens) { return norm_->forward(tokens); }

private:
    struct Stage {
        std::vector<std::shared_ptr<TransformerBlock>> blocks;
        std::vector<std::shared_ptr<WindowBias>> biases;  // one a block
        std::shared_ptr<PatchMerging> merging;            // none: the last stage
    };
    void addStage(std::size_t stage);
    std::shared_ptr<WindowBias> makeBias(std::size_t stage) const;
    GridWindows windowsOf(std::size_t stage, std::int64_t block, std::int64_t rows, std::int64_t columns) const;
    at::Tensor biasOf(WindowBias& bias, const GridWindows& windows, const at::Tensor& groups) const;
    StageTokens runStage(std::size_t stage, at::Tensor x, std::int64_t rows, std::int64_t columns, const at::Tensor& groups, const Taps& taps,
                         Features& features);
    at::Tensor onGrid(const at::Tensor& perPatch, std::int64_t tokenSide) const;

    Params params_;
    ImageInput input_, stemInput_;
    std::shared_ptr<PatchEmbedding> patchEmbedding_;
    std::shared_ptr<Norm> embedNorm_, norm_;
    std::shared_ptr<PositionTable> positions_;
    std::vector<Stage> stages_;
    at::Tensor maskToken_;  // [D of the first stage]
};

}  // namespace maskscope
