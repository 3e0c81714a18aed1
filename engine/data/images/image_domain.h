#pragma once

#include <memory>
#include <vector>

#include "data/domain.h"
#include "data/images/image_views.h"

namespace maskscope {

/// Pictures: their files, augmentations and what a prediction of pixels looks like.
class ImageDomain : public DataDomain {
public:
    /// @throws RecipeError for an augmentation that cannot be
    ImageDomain(const ImageInput& input, const std::vector<ViewRequest>& views);

    std::shared_ptr<const Dataset> open(const std::filesystem::path& path, const DomainOptions& options) const override;
    std::shared_ptr<const ViewSource> trainingViews(std::shared_ptr<const Dataset> dataset, std::vector<std::int64_t> samples) const override;
    View evaluationView(const Dataset& dataset, const std::vector<std::int64_t>& samples, const std::stop_token& stop) const override;
    std::vector<Picture> pictures(const View& view, const at::Tensor& hidden, const Prediction* prediction) const override;

private:
    ImagePicture picture(const at::Tensor& unitPixels, const at::Tensor& hidden, const Prediction* prediction, std::int64_t row) const;

    ImageInput input_;
    std::vector<ImageLook> looks_;
};

/// The data set as pictures. @throws DataError if it is of another domain
const ImageDataset& asImages(const Dataset& dataset);

}  // namespace maskscope
