#include "data/images/image_domain.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.h"
#include "core/param_reader.h"
#include "data/images/cache.h"
#include "media/reconstruction_pictures.h"
#include "media/tensor_image.h"
#include "tensor/patches.h"

namespace maskscope {
namespace {

const Value kNone;

Augmentation readAugmentation(const ViewRequest& request) {
    ParamReader reader(request.augment.isNone() ? kNone : request.augment, request.path, "the augmentation");
    const Augmentation::Params params = Augmentation::Params::read(reader);
    reader.finish();
    return Augmentation(params);
}

}  // namespace

const ImageDataset& asImages(const Dataset& dataset) {
    if (const auto* images = dynamic_cast<const ImageDataset*>(&dataset)) return *images;
    throw DataError(fmt::format("{}: {}, expected pictures", dataset.path(), dataset.form()));
}

ImageDomain::ImageDomain(const ImageInput& input, const std::vector<ViewRequest>& views) : input_(input) {
    for (const ViewRequest& request : views) looks_.push_back({request.name, input, readAugmentation(request)});
}

std::shared_ptr<const Dataset> ImageDomain::open(const std::filesystem::path& path, const DomainOptions& options) const {
    OpenOptions opening;
    opening.usedSidePx = static_cast<int>(std::max(input_.height, input_.width));
    opening.stop = options.stop;
    if (options.progress) opening.progress = options.progress("reading " + path.string());
    CacheOptions cache;
    if (options.cacheMb >= 0) cache.budgetMb = options.cacheMb;
    const auto isScaled = [](const ImageLook& look) { return look.augmentation.params().scaledDecoding; };
    if (std::any_of(looks_.begin(), looks_.end(), isScaled)) cache.budgetMb = 0;  // what is decoded differs from crop to crop
    return cacheDecoded(openImages(path, opening), cache);
}

std::shared_ptr<const ViewSource> ImageDomain::trainingViews(std::shared_ptr<const Dataset> dataset, std::vector<std::int64_t> samples) const {
    asImages(*dataset);
    return std::make_shared<ImageViews>(std::static_pointer_cast<const ImageDataset>(dataset), std::move(samples), looks_);
}

View ImageDomain::evaluationView(const Dataset& dataset, const std::vector<std::int64_t>& samples, const std::stop_token& stop) const {
    return evaluationImages(asImages(dataset), samples, input_, stop);
}

ImagePicture ImageDomain::picture(const at::Tensor& unitPixels, const at::Tensor& hidden, const Prediction* prediction, std::int64_t row) const {
    ImagePicture picture;
    picture.rows = input_.gridRows();
    picture.columns = input_.gridColumns();
    const float* flags = hidden.const_data_ptr<float>();
    std::transform(flags, flags + hidden.size(0), std::back_inserter(picture.hidden), [](float flag) { return flag > 0.5F ? 1 : 0; });
    picture.original = showUnitPixels(unitPixels);
    picture.masked = maskedPicture(picture.original, hidden, input_);
    if (prediction == nullptr) return picture;
    picture.seenWhole = prediction->seenPixels.defined();
    if (picture.seenWhole) picture.masked = showUnitPixels(prediction->seenPixels[row].cpu());
    for (const Depiction& depiction : prediction->depictions) picture.extras.push_back({depiction.name, toImage(depiction.colors[row])});
    if (prediction->colors.defined()) {
        picture.prediction = toImage(prediction->colors[row]);
        if (!prediction->visibleLearned) picture.prediction = hiddenPatchesPicture(picture.prediction, hidden, input_);
    }
    if (!prediction->pixels) return picture;
    const at::Tensor predicted = (*prediction->pixels)[row].cpu(), composite = compositePixels(unitPixels, predicted, hidden, input_);
    picture.prediction = showUnitPixels(predicted);
    if (!prediction->visibleLearned) picture.prediction = hiddenPatchesPicture(picture.prediction, hidden, input_);
    picture.composite = showUnitPixels(composite);
    picture.error = errorPicture(unitPixels, composite);
    if (prediction->leaking) picture.leaking = showUnitPixels(compositePixels(unitPixels, (*prediction->leaking)[row].cpu(), hidden, input_));
    const at::Tensor squared = composite.sub(unitPixels).square().unsqueeze(0);
    const at::Tensor loss = patchify(squared, input_.patchHeight, input_.patchWidth).mean(-1).squeeze(0).contiguous();
    picture.patchLoss.assign(loss.const_data_ptr<float>(), loss.const_data_ptr<float>() + loss.numel());
    return picture;
}

std::vector<Picture> ImageDomain::pictures(const View& view, const at::Tensor& hidden, const Prediction* prediction) const {
    const at::Tensor unit = toUnitPixels(view.pixels(), input_).cpu(), flags = hidden.cpu().to(at::kFloat);
    std::vector<Picture> pictures;
    for (std::int64_t row = 0; row < unit.size(0); ++row) pictures.emplace_back(picture(unit[row], flags[row].contiguous(), prediction, row));
    return pictures;
}

}  // namespace maskscope
