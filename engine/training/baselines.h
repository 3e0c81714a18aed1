#pragma once

#include <optional>
#include <stop_token>

namespace at {
class Tensor;
}

namespace maskscope {

struct ImageInput;

/// What one gets without learning: predictions of the hidden patches from the visible ones of the same image. Visible
/// pixels stay as they are; no hidden pixel is read. All take and give
/// @param unitPixels  [B, C, H, W] in [-1, 1] (any device; the work is done on the CPU)
/// @param hidden      [B, N] float, 1 = hidden (above 0.5)
/// @return            [B, C, H, W] float on the CPU
/// @throws ShapeError if the shapes do not fit the input, or a sample has nothing visible or nothing hidden

/// Every hidden pixel gets the mean colour (a channel) of the image's visible patches.
at::Tensor meanPatchPrediction(const at::Tensor& unitPixels, const at::Tensor& hidden, const ImageInput& input);

/// A hidden patch copies the visible patch that is nearest on the token grid (Euclidean; the lowest index of equally near ones).
at::Tensor nearestVisiblePrediction(const at::Tensor& unitPixels, const at::Tensor& hidden, const ImageInput& input);

/// Hidden pixels solve the Laplace equation between the visible ones (inpaintLaplace). Empty when stopped.
std::optional<at::Tensor> inpaintPrediction(const at::Tensor& unitPixels, const at::Tensor& hidden, const ImageInput& input,
                                            const std::stop_token& stop = {});

/// Mean squared error over the values of all hidden patches of the batch, in [-1, 1] pixel units.
double hiddenError(const at::Tensor& prediction, const at::Tensor& unitPixels, const at::Tensor& hidden, const ImageInput& input);

/// hiddenError of the three predictions.
struct BaselineLosses {
    double meanPatch = 0;
    double nearestVisible = 0;
    double inpaint = 0;
};

/// Empty when stopped.
std::optional<BaselineLosses> baselineLosses(const at::Tensor& unitPixels, const at::Tensor& hidden, const ImageInput& input,
                                             const std::stop_token& stop = {});

}  // namespace maskscope
