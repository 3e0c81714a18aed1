#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/modules/conv.h>

#include "encoders/encoder.h"
#include "layers/norm.h"
#include "layers/position_table.h"
#include "layers/unit_block.h"

namespace maskscope {

/// Hiera (Ryali et al., ICML 2023): a hierarchical transformer without convolutions between stages. Its tokens lie in mask units that
/// become one or a few tokens by pooling, so that hidden units can be dropped and the others do not notice. Hidden pixels are
/// zeroed before the stem, whose patches overlap.
///
/// Inside, tokens are [B, P * U, D]: P places in each of U units, the place slowest (see UnitBlock). Layers and attentions
/// that Features holds are those of the last stage, where its units are one token each. The recipe's patch is what one token of the last stage stands
/// for.
class Hiera : public Encoder {
public:
    struct Pair {
        std::int64_t rows = 0, columns = 0;
        std::int64_t area() const { return rows * columns; }
    };
    struct Params {
        Pair stemKernel{7, 7}, stemStride{4, 4}, stemPadding{3, 3};  // pixels
        std::int64_t width = 96;
        double widthGrowth = 2.0;
        std::vector<std::int64_t> depths, heads, unitAttention;  // the last: 1 a stage whose blocks attend inside units, 0 over all tokens
        std::int64_t pools = 3;                                  // stages after the first that begin with pooling
        Pair poolStride{2, 2};
        double mlpRatio = 4.0, normEps = 1e-6, dropPath = 0.0;
        bool fuses = true;
        std::string activation = "gelu", positions = "learned", initialization = "normal";
        static Params read(ParamReader& reader);

        std::size_t stages() const { return depths.size(); }
        std::int64_t widthOf(std::size_t stage) const;
        /// Sides of a mask unit in tokens, after so many poolings.
        Pair unitSides(std::int64_t poolings) const;
        /// Pixels that a token of the last stage covers.
        Pair totalStride() const;
    };

    Hiera(const Params& params, const InputSpec& input);

    bool honours(const Corruption& corruption) const override;
    Features forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) override;
    std::int64_t width() const override { return params_.widthOf(params_.stages() - 1); }
    std::int64_t layerOf(const std::string& parameterName) const override;
    std::int64_t depth() const override;
    const std::string& initialization() const override { return params_.initialization; }

    const Params& params() const { return params_; }

    /// @param pixels     [B, C, H, W], sides divisible by a mask unit's
    /// @param kept       [B, K] int64, the units that stay; undefined: all
    /// @param keptReal   [B, K] bool, false = an entry of `kept` that fills its row up; undefined: none does
    /// @param positions  [N, D] in image order, instead of the table's, for images of another size; undefined: the table's
    /// @return           [B, P * K, D]
    at::Tensor embed(const at::Tensor& pixels, const at::Tensor& kept, const at::Tensor& keptReal = {}, const at::Tensor& positions = {});

    struct Stage {
        at::Tensor tokens;     // [B, P * K, D] after the stage
        at::Tensor attention;  // [B, groups, heads, queries, keys] of its last block, if asked for
    };
    /// @param tokens    from embed   @param keyReal  [B, P * K] bool, false = padding; undefined: all are real
    std::vector<Stage> runStages(const at::Tensor& tokens, const at::Tensor& keyReal, const Taps& taps, Features& features);
    /// The features of a masked autoencoder: the maps of all stages brought to the last one's grid and summed, then a norm.
    /// @return [B, P * K, D], P of the last stage
    at::Tensor fuse(const std::vector<Stage>& stages);

    /// A stage's tokens with their places in image order. @param poolings  that came before   @return [B, K, rows, columns, D]
    at::Tensor unitMaps(const at::Tensor& tokens, std::int64_t poolings) const;
    /// How often tokens have been pooled when a stage ends.
    std::int64_t poolingsBy(std::size_t stage) const { return std::min(static_cast<std::int64_t>(stage), params_.pools); }

private:
    void addStage(std::size_t stage);
    void addFusion();
    /// Units of an image, side by side.
    Pair unitGrid(std::int64_t height, std::int64_t width) const;
    at::Tensor visiblePixels(const at::Tensor& pixels, const at::Tensor& kept, const at::Tensor& keptReal) const;

    Params params_;
    ImageInput input_, stemInput_;
    torch::nn::Conv2d stem_ = nullptr;
    std::shared_ptr<PositionTable> positions_;
    std::vector<std::vector<std::shared_ptr<UnitBlock>>> stages_;
    std::vector<torch::nn::Conv2d> fusion_;  // one a stage that pooling follows
    std::shared_ptr<Norm> norm_;             // with fusion
};

/// A map of every unit as the image's map. @param maps [B, U, rows, columns, D], U row by row   @return [B, H, W, D]
at::Tensor joinUnits(const at::Tensor& maps, std::int64_t unitRows, std::int64_t unitColumns);

}  // namespace maskscope
