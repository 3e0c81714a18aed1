#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "data/domain.h"
#include "inference/leak_check.h"
#include "media/decoded_image.h"
#include "recipes/method.h"

namespace maskscope {

/// Samples as a model fills them in.
struct Reconstruction {
    std::vector<Picture> pictures;  // one a sample
    /// Images: mean squared error on hidden patches in [-1, 1] pixel units; otherwise the objective's loss on what is hidden.
    double hiddenLoss = 0.0;
};

/// Whether a session holds weights of its own, or those that it is given: mapped from a file, or published; nobody writes to them.
enum class WeightMemory { Copied, Shared };

/// Answers questions about a copy of a model's weights, on the CPU. One thread at a time; sessions do not disturb each other or
/// a training run.
class InferenceSession {
public:
    /// @param spec     the method to compose
    /// @param weights  by the names of Method::namedState
    /// @param domain   how samples become views and predictions pictures; null: made from the spec's input
    /// @throws DataError if names or shapes differ
    InferenceSession(const MethodSpec& spec, const NamedTensors& weights, std::shared_ptr<const DataDomain> domain = nullptr,
                     WeightMemory memory = WeightMemory::Copied);

    const MethodSpec& spec() const { return method_->spec(); }
    const InputSpec& input() const { return spec().input; }

    const DataDomain& domain() const { return *domain_; }
    const std::shared_ptr<const DataDomain>& sharedDomain() const { return domain_; }

    /// The image as the networks see it: shorter side resized, centre crop. @return a view of one image
    /// @throws RecipeError if the model does not see images
    View viewOf(const DecodedImage& image) const;
    /// Where the recipe mixes samples, a lone image with its mirror image as partner; else the view as it is.
    View withPartner(const View& view) const;

    /// The masks that the recipe itself would draw.
    MaskPlan drawMasks(const View& view, std::uint64_t seed) const;
    /// The same from streams of the caller's choice. @param draw  its `samples` are those of the view
    MaskPlan drawMasks(const View& view, const MaskDraw& draw) const;
    /// What the networks say of a view for strategies that choose masks by it.
    Signals lookAhead(const View& view) const;
    /// Masks of another strategy. @param strategy  a [mask] table
    MaskPlan drawMasks(const View& view, const Value& strategy, std::uint64_t seed) const;
    /// A given mask, which stands for every mask of tokens that the recipe has. @param hidden  [B, N] or, for one sample, [N] float, 1 = hidden; what
    /// may not be hidden stays visible
    MaskPlan maskOf(const View& view, const at::Tensor& hidden) const;

    /// Whether what the recipe's own masks hide reaches its predictions, see leak_check.h. @param view  any batch
    std::vector<LeakFinding> findLeaks(const View& view, std::uint64_t seed);

    /// @throws ShapeError if the method cannot say anything about hidden tokens
    Reconstruction reconstruct(const View& view, const MaskPlan& plan);

    /// New pictures of a recipe that guesses codes, and how they looked on the way, undecided places grey.
    struct Generation {
        std::vector<Image> pictures;             // `count`
        std::vector<std::vector<Image>> stages;  // of each of them, at even distances
    };
    /// @param stages  pictures on the way
    /// @param watch   after each step; false stops, and pictures are as far as they are
    /// @throws UsageError if the recipe cannot generate
    Generation generate(std::int64_t count, std::uint64_t seed, std::int64_t stages, const std::function<bool(const Decoding&)>& watch = {});

    /// Puts other weights of the same method in. @throws DataError if names or shapes differ; then nothing has changed
    void setWeights(const NamedTensors& weights);

    /// Features of whole samples, nothing hidden, no gradient. @param view  any batch
    Features features(const View& view, const Taps& taps);
    /// The same under a mask, as training sees them. @param plan  empty: nothing is hidden
    Features features(const View& view, const MaskPlan& plan, const Taps& taps);
    /// What the head says inside on its way to a prediction: its layers and attentions over all tokens.
    /// @throws UsageError if the head has none, ShapeError
    Features headFeatures(const View& view, const MaskPlan& plan, const Taps& taps);
    /// One vector a sample: the mean of the features over its real tokens. @return [B, D]
    at::Tensor pooledFeatures(const View& view);

private:
    Components components_;
    std::shared_ptr<Method> method_;
    std::shared_ptr<const DataDomain> domain_;
    WeightMemory memory_;
};

}  // namespace maskscope
