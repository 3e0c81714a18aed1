#pragma once

#include <string>

#include "masks/mask_file.h"
#include "masks/mask_strategy.h"

namespace maskscope {

/// Hides what a file says: an image (white = hidden), or a table of 0 and 1 (.txt, .csv, .npy). The picture is averaged over
/// the cells of the token grid; a token is hidden where the average exceeds 0.5. The same mask for every sample, and for every
/// frame of a grid of three sides. 1 = hidden.
class FileMask : public MaskStrategy {
public:
    struct Params {
        std::string path;
        bool invert = false;  // black = hidden

        static Params read(ParamReader& reader);
    };

    /// Reads the file. @throws FileError, DataError
    explicit FileMask(const Params& params);

    /// @throws ShapeError for sets and graphs, DataError where the mask hides all tokens of a sample or none
    std::vector<Mask> sample(const Geometry& geometry, const Signals& signals, const MaskDraw& draw) const override;

private:
    Params params_;
    MaskPicture picture_;
};

}  // namespace maskscope
