#pragma once

#include <QString>
#include <vector>

#include "snapshot/picture.h"

namespace maskscope {

/// Two answers to the same question, compared pixel by pixel where both had to predict.
struct PictureDifference {
    enum class Reason { None, NothingYet, Size, Mask, Image };
    Reason reason = Reason::NothingYet;  // why there are no values
    std::vector<float> values;           // height * width: second minus first, mean over channels, -1..1; NaN: a visible patch
    double greatest = 0.0;               // of the absolute values
    double meanAbsolute = 0.0;           // over the hidden patches
};

/// Needs pictures of the same image, size, grid and mask.
PictureDifference pictureDifference(const ImagePicture& first, const ImagePicture& second);

/// What stands in the way, and what would help; translated.
QString reasonText(PictureDifference::Reason reason);

}  // namespace maskscope
