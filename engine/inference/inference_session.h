#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/image.h"
#include "media/decoded_image.h"
#include "recipes/method.h"

namespace maskscope {

/// One image as a model fills it in.
struct Reconstruction {
    Image original, masked, prediction, composite, error;  // prediction: hidden patches only where the loss counts only those
    std::optional<Image> leaking;                          // composite from the true patch statistics: to be labelled LEAKS
    double hiddenLoss = 0.0;                               // mean squared error on hidden patches, [-1, 1] pixel units
};

/// Answers questions about a copy of a model's weights, on the CPU. One thread at a time; sessions do not disturb each other or
/// a training run.
class InferenceSession {
public:
    /// @param spec     the method to compose
    /// @param weights  by the names of Method::namedState
    /// @throws DataError if names or shapes differ
    InferenceSession(const MethodSpec& spec, const NamedTensors& weights);

    const MethodSpec& spec() const { return method_->spec(); }
    const InputSpec& input() const { return spec().input; }

    /// The image as the networks see it: shorter side resized, centre crop. @return a view of one image
    View viewOf(const DecodedImage& image) const;

    /// The masks that the recipe itself would draw.
    MaskPlan drawMasks(const View& view, std::uint64_t seed) const;
    /// Masks of another strategy. @param strategy  a [mask] table
    MaskPlan drawMasks(const View& view, const Value& strategy, std::uint64_t seed) const;
    /// A given mask. @param hidden  [N] or [1, N] float, 1 = hidden
    MaskPlan maskOf(const at::Tensor& hidden) const;

    /// @throws ShapeError if the method predicts no pixels
    Reconstruction reconstruct(const View& view, const MaskPlan& plan);

    /// Features of whole images, nothing hidden, no gradient. @param view  any batch
    Features features(const View& view, const Taps& taps);

private:
    Components components_;
    std::shared_ptr<Method> method_;
};

}  // namespace maskscope
