#include "analysis/mask_pictures.h"

#include <algorithm>

#include <torch/torch.h>

#include "media/picture.h"
#include "media/reconstruction_pictures.h"
#include "media/resample.h"
#include "media/tensor_image.h"
#include "tensor/input_spec.h"

namespace maskscope {
namespace {

constexpr std::int64_t kMostShown = 64, kShownSidePx = 168, kColumns = 8;
constexpr std::uint8_t kPlainLevel = 232;

}  // namespace

Image maskSheet(const at::Tensor& hidden, const std::vector<std::int64_t>& sides, const Image& image) {
    ImageInput input;
    const std::int64_t columns = sides.back();
    const std::int64_t rows = hidden.size(1) / columns;
    const std::int64_t cell = std::max<std::int64_t>(2, kShownSidePx / std::max(rows, columns));
    input.patchHeight = input.patchWidth = cell;
    input.height = rows * cell;
    input.width = columns * cell;
    const int width = static_cast<int>(input.width), height = static_cast<int>(input.height);
    Image below{width, height, 3, std::vector<std::uint8_t>(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3, kPlainLevel)};
    if (!image.empty())
        below = resized(withChannels(image, 3), centreBox(image.width, image.height, static_cast<double>(width) / height), width, height);
    std::vector<Tile> tiles;
    for (std::int64_t i = 0; i < std::min(hidden.size(0), kMostShown); ++i) tiles.push_back({maskedPicture(below, hidden[i], input), "", false});
    SheetStyle style;
    style.columns = static_cast<int>(std::min<std::int64_t>(kColumns, static_cast<std::int64_t>(tiles.size())));
    return contactSheet(tiles, style);
}

}  // namespace maskscope
