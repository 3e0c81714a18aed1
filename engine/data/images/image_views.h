#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "data/images/augmentation.h"
#include "data/images/image_dataset.h"
#include "data/images/sample_source.h"
#include "data/view_source.h"

namespace maskscope {

/// One look at each picture.
struct ImageLook {
    std::string name = "main";
    ImageInput input;
    Augmentation augmentation;
};

/// Pictures as views: pixels, and the drawn augmentation parameters.
class ImageViews : public ViewSource {
public:
    /// @param samples  those that take part
    /// @throws ShapeError if an input is not usable
    ImageViews(std::shared_ptr<const ImageDataset> dataset, std::vector<std::int64_t> samples, std::vector<ImageLook> looks);

    const Dataset& dataset() const override { return *dataset_; }
    std::int64_t count() const override { return static_cast<std::int64_t>(samples_.size()); }
    std::vector<View> make(std::uint64_t seed, std::span<const SampleSlot> slots) const override;
    std::int64_t replaced() const override { return source_.replaced(); }

private:
    std::shared_ptr<const ImageDataset> dataset_;
    std::vector<std::int64_t> samples_;
    std::vector<ImageLook> looks_;
    std::vector<InputWriter> writers_;
    std::vector<std::string> streams_;  // of random numbers, one a look
    SampleSource source_;
};

/// Samples with the evaluation transform, always the same. Those that cannot be used are left out and reported.
/// @return pixels [B, C, H, W], B <= samples.size()
/// @throws DataError if none can be used, StoppedError if `stop` is requested meanwhile
View evaluationImages(const ImageDataset& dataset, const std::vector<std::int64_t>& samples, const ImageInput& input,
                      const std::stop_token& stop = {});

/// The same for pictures that belong to no data set; sample ids count from 0. @throws DataError if one cannot be used
View imageBatch(const std::vector<DecodedImage>& images, const ImageInput& input);

}  // namespace maskscope
