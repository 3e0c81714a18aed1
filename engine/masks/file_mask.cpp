#include "masks/file_mask.h"

#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "masks/mask_rows.h"

namespace maskscope {

FileMask::Params FileMask::Params::read(ParamReader& reader) {
    Params params;
    params.path = reader.text("path", params.path, "file with the mask: an image (white = hidden), or .txt, .csv, .npy with 1 = hidden");
    params.invert = reader.flag("invert", params.invert, "swap hidden and visible: black = hidden");
    if (params.path.empty() && !reader.isDocumenting()) reader.fail("path", "is missing; name the file with the mask");
    return params;
}

FileMask::FileMask(const Params& params) : params_(params), picture_(readMaskPicture(params.path)) {
    if (params_.invert)
        for (float& value : picture_.hidden) value = 1.0F - value;
}

std::vector<Mask> FileMask::sample(const Geometry& geometry, const Signals&, const MaskDraw& draw) const {
    const MaskPlane plane = MaskPlane::of(geometry, "file");
    const MaskPicture cells = picture_.resized(plane.rows, plane.columns);
    MaskRows masks(geometry, draw.samples.size());
    for (std::size_t row = 0; row < masks.rows(); ++row) {
        std::int64_t real = 0, hidden = 0;
        for (std::int64_t token = 0; token < masks.tokens(); ++token) {
            if (!masks.isReal(row, token)) continue;
            ++real;
            if (!(cells.hidden[static_cast<std::size_t>(token % plane.cells())] > 0.5F)) continue;
            ++hidden;
            masks.hide(row, token);
        }
        if (hidden == 0 || hidden == real)
            throw DataError(fmt::format("{}: hides {} of the {} tokens, expected at least one hidden and one visible; white (or 1) is hidden",
                                        params_.path, hidden, real));
    }
    Mask mask;
    mask.hidden = masks.hidden();
    return {std::move(mask)};
}

}  // namespace maskscope
