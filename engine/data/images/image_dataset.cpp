#include "data/images/image_dataset.h"

#include <fmt/format.h>

namespace maskscope {

PictureWindow ImageDataset::readRegion(std::int64_t sample, const RegionChooser& choose) const {
    PictureWindow window = wholeWindow(read(sample));
    choose(window.fullWidth, window.fullHeight);
    return window;
}

int ImageDataset::channels() const {
    std::string reason = fmt::format("{}: no samples", path());
    for (std::int64_t sample = 0; sample < size(); ++sample) {
        try {
            return read(sample).channels();
        } catch (const Error& error) {
            report({sampleName(sample), error.what()});
            if (sample == 0) reason = error.what();
        }
    }
    throw DataError(fmt::format("{}: none of its {} samples can be read; the first: {}", path(), size(), reason));
}

}  // namespace maskscope
