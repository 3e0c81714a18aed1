#include "data/images/augmentation.h"

#include <algorithm>
#include <cmath>

namespace maskscope {
namespace {

/// Two numbers in order. @throws RecipeError
std::pair<double, double> readRange(ParamReader& reader, std::string_view key, double low, double high, Range allowed, std::string_view help) {
    const std::vector<double> found = reader.numbers(key, {low, high}, allowed, help);
    if (found.size() != 2 || found[0] > found[1]) reader.fail(key, "needs two numbers, the smaller first, such as [0.2, 1.0]");
    return {found[0], found[1]};
}

void readJitter(ParamReader& reader, Augmentation::Params& params) {
    const Value* table =
        reader.section("jitter",
                       "changes of colour: { probability = 0.8, brightness = 0.4, contrast = 0.4, saturation = 0.4, hue = 0.1 }; each "
                       "factor is drawn from 1 - x to 1 + x, hue from -x to x turns of the colour circle; left out: none");
    if (table == nullptr) return;
    ParamReader inner(*table, reader.path().empty() ? "jitter" : reader.path() + ".jitter", "the colour jitter");
    params.jitter = inner.number("probability", params.jitter, Range::between(0, 1), "how often colours change at all");
    params.brightness = inner.number("brightness", 0, Range::between(0, 1), "largest change of brightness");
    params.contrast = inner.number("contrast", 0, Range::between(0, 1), "largest change of contrast");
    params.saturation = inner.number("saturation", 0, Range::between(0, 1), "largest change of saturation");
    params.hue = inner.number("hue", 0, Range::between(0, 0.5), "largest turn of the hue, in turns of the colour circle");
    inner.finish();
}

double inputAspect(const ImageInput& input) { return static_cast<double>(input.width) / static_cast<double>(input.height); }

/// A factor from 1 - spread to 1 + spread; draws nothing where there is no spread.
float factor(RandomStream& random, double spread) { return spread > 0 ? static_cast<float>(random.uniform(1 - spread, 1 + spread)) : 1.0F; }

}  // namespace

Augmentation::Params Augmentation::Params::read(ParamReader& reader) {
    Params params;
    const std::string crop =
        reader.choice("crop", "none", {"none", "random_resized", "random_shift"},
                      "none: the whole picture, its middle where the shape differs; random_resized: a box of random size and shape; "
                      "random_shift: moved by some pixels, the border repeated");
    params.crop = crop == "random_resized" ? Crop::RandomResized : crop == "random_shift" ? Crop::RandomShift : Crop::None;
    const std::string interpolation =
        reader.choice("interpolation", "area", {"area", "bilinear"},
                      "area: averages over areas where the picture shrinks, cubic where it grows; bilinear: as torchvision's crops, antialiased");
    params.interpolation = interpolation == "area" ? Interpolation::Area : Interpolation::Bilinear;
    params.scaledDecoding =
        reader.flag("scaled_decoding", false,
                    "JPEGs are decoded at a half, a quarter or an eighth of their size where the box still has a pixel for each of the input; "
                    "faster, other pixels; nothing is then kept decoded");
    std::tie(params.minScale, params.maxScale) =
        readRange(reader, "crop_scale", params.minScale, params.maxScale, {.min = 0, .max = 1, .openMin = true},
                  "smallest and largest area of the box, as a share of the picture");
    std::tie(params.minRatio, params.maxRatio) = readRange(reader, "crop_ratio", params.minRatio, params.maxRatio, Range::between(0.1, 10),
                                                           "smallest and largest width / height of the box, relative to the input's");
    params.shiftPx = reader.integer("shift", params.shiftPx, Range::between(0, 1024), "largest shift of random_shift, pixels of the input");
    params.flip = reader.number("flip", params.flip, Range::between(0, 1), "how often left and right are swapped");
    readJitter(reader, params);
    params.grey = reader.number("grey", 0, Range::between(0, 1), "how often colour is taken away");
    params.blur = reader.number("blur", 0, Range::between(0, 1), "how often the picture is blurred");
    std::tie(params.minSigmaPx, params.maxSigmaPx) =
        readRange(reader, "blur_sigma", params.minSigmaPx, params.maxSigmaPx, {.min = 0, .max = 100, .openMin = true},
                  "weakest and strongest blur, pixels of the input");
    return params;
}

CropBox Augmentation::drawBox(RandomStream& random, int imageWidth, int imageHeight, const ImageInput& input) const {
    const double aspect = inputAspect(input);
    CropBox box = centreBox(imageWidth, imageHeight, aspect);
    if (params_.crop == Crop::RandomShift) {
        const auto range = static_cast<std::uint64_t>(2 * params_.shiftPx + 1);
        const auto shift = [&] { return static_cast<double>(static_cast<std::int64_t>(random.below(range)) - params_.shiftPx); };
        box.x += shift() * box.width / static_cast<double>(input.width);
        box.y += shift() * box.height / static_cast<double>(input.height);
    } else if (params_.crop == Crop::RandomResized) {
        for (int attempt = 0; attempt < 10; ++attempt) {
            const double area = random.uniform(params_.minScale, params_.maxScale) * imageWidth * imageHeight;
            const double ratio = std::exp(random.uniform(std::log(params_.minRatio), std::log(params_.maxRatio))) * aspect;
            const double width = std::sqrt(area * ratio), height = std::sqrt(area / ratio);
            if (width > imageWidth || height > imageHeight) continue;
            return {random.uniform(0, imageWidth - width), random.uniform(0, imageHeight - height), width, height};
        }
    }
    return box;
}

AugmentationDraw Augmentation::draw(RandomStream& random, int imageWidth, int imageHeight, const ImageInput& input) const {
    AugmentationDraw draw{.imageWidth = imageWidth, .imageHeight = imageHeight, .interpolation = params_.interpolation};
    draw.box = drawBox(random, imageWidth, imageHeight, input);
    draw.flip = random.chance(params_.flip);
    if (random.chance(params_.jitter)) {
        draw.jitter.brightness = factor(random, params_.brightness);
        draw.jitter.contrast = factor(random, params_.contrast);
        draw.jitter.saturation = factor(random, params_.saturation);
        draw.jitter.hue = factor(random, params_.hue) - 1.0F;
    }
    draw.grey = random.chance(params_.grey);
    if (random.chance(params_.blur)) draw.blurSigmaPx = random.uniform(params_.minSigmaPx, params_.maxSigmaPx);
    return draw;
}

AugmentationDraw evaluationDraw(int imageWidth, int imageHeight, const ImageInput& input) {
    AugmentationDraw draw{.imageWidth = imageWidth, .imageHeight = imageHeight};
    draw.box = centreBox(imageWidth, imageHeight, inputAspect(input));
    return draw;
}

std::array<float, kAugmentationValues> augmentationRow(const AugmentationDraw& draw) {
    const auto number = [](double x) { return static_cast<float>(x); };
    return {number(draw.box.x / draw.imageWidth),
            number(draw.box.y / draw.imageHeight),
            number(draw.box.width / draw.imageWidth),
            number(draw.box.height / draw.imageHeight),
            draw.flip ? 1.0F : 0.0F,
            draw.jitter.brightness,
            draw.jitter.contrast,
            draw.jitter.saturation,
            draw.jitter.hue,
            draw.grey ? 1.0F : 0.0F,
            number(draw.blurSigmaPx)};
}

PictureRegion Augmentation::neededRegion(const AugmentationDraw& draw, const ImageInput& input) const {
    const PixelRange columns = touchedPixels(draw.box.x, draw.box.width, draw.imageWidth),
                     rows = touchedPixels(draw.box.y, draw.box.height, draw.imageHeight);
    const double shrink = std::min(draw.box.width / static_cast<double>(input.width), draw.box.height / static_cast<double>(input.height));
    return {columns.low, rows.low, columns.high, rows.high, params_.scaledDecoding ? shrink : 1.0};
}

}  // namespace maskscope
