#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "core/param_reader.h"
#include "core/random.h"
#include "media/color_ops.h"
#include "media/picture_region.h"
#include "media/resample.h"
#include "tensor/input_spec.h"

namespace maskscope {

/// What was drawn for one picture.
struct AugmentationDraw {
    int imageWidth = 0, imageHeight = 0;  // of the decoded picture, pixels
    CropBox box;                          // pixels of the decoded picture
    Interpolation interpolation = Interpolation::Area;
    bool flip = false;
    ColorJitter jitter;
    bool grey = false;
    double blurSigmaPx = 0;  // pixels of the input; 0: none
};

/// Numbers of one row of View::augmentation: x, y, width, height of the box as shares of the picture, flip, brightness,
/// contrast, saturation, hue, grey, blur sigma.
inline constexpr std::size_t kAugmentationValues = 11;
std::array<float, kAugmentationValues> augmentationRow(const AugmentationDraw& draw);


/// Random changes of a picture before it is learnt from. Thread-safe.
class Augmentation {
public:
    enum class Crop { None, RandomResized, RandomShift };
    struct Params {
        Crop crop = Crop::None;
        Interpolation interpolation = Interpolation::Area;
        double minScale = 0.2, maxScale = 1.0;          // area of the box / area of the picture
        double minRatio = 3.0 / 4, maxRatio = 4.0 / 3;  // width / height, times the input's own
        std::int64_t shiftPx = 4;                       // pixels of the input
        bool scaledDecoding = false;                    // JPEGs may be decoded smaller where the box shrinks anyway
        double flip = 0.5;                              // probabilities
        double jitter = 0.8, grey = 0, blur = 0;
        double brightness = 0, contrast = 0, saturation = 0, hue = 0;
        double minSigmaPx = 0.1, maxSigmaPx = 2.0;

        /// Keys: crop, interpolation, scaled_decoding, crop_scale, crop_ratio, shift, flip, jitter = { probability, brightness, contrast, saturation, hue },
        /// grey, blur, blur_sigma. The caller calls reader.finish().
        static Params read(ParamReader& reader);
    };

    Augmentation() = default;
    explicit Augmentation(Params params) : params_(params) {}

    /// @param imageWidth, imageHeight  pixels of the decoded picture, above 0
    AugmentationDraw draw(RandomStream& random, int imageWidth, int imageHeight, const ImageInput& input) const;
    /// What of the picture a draw needs.
    PictureRegion neededRegion(const AugmentationDraw& draw, const ImageInput& input) const;
    const Params& params() const { return params_; }

private:
    CropBox drawBox(RandomStream& random, int imageWidth, int imageHeight, const ImageInput& input) const;

    Params params_;
};

/// The evaluation transform: shorter side resized, middle cropped, nothing random.
AugmentationDraw evaluationDraw(int imageWidth, int imageHeight, const ImageInput& input);

/// Writes pictures as an input wants them: cropped, resized, normalised. Thread-safe.
class InputWriter {
public:
    /// @throws ShapeError if mean and std have neither one number nor one a channel
    explicit InputWriter(const ImageInput& input);

    /// @param pixels  [C, H, W] of the input, filled with (pixel in [0, 1] - mean) / std
    /// @param window  at least what Augmentation::neededRegion() says, of the picture as it was drawn for or of a smaller version of it
    /// @throws DataError if the picture's channels do not fit the input's
    void write(const PictureWindow& window, const AugmentationDraw& draw, float* pixels) const;

    /// Whether write() can take a picture of so many channels.
    bool accepts(int channels) const;
    /// C * H * W
    std::size_t values() const { return static_cast<std::size_t>(channels_) * static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_); }

private:
    int channels_, height_, width_;
    std::vector<float> scale_, offset_;  // a channel: 1 / std, -mean / std
    std::vector<float> unitScale_, noOffset_;
};

}  // namespace maskscope
