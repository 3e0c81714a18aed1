#include "targets/target.h"

#include "media/token_colors.h"

namespace maskscope {
namespace {

bool liesOnPlane(const Geometry& geometry) { return geometry.kind == GeometryKind::Grid && geometry.shape.size() == 2; }

}  // namespace

TargetPictures codePictures(const at::Tensor& codes, const at::Tensor& logits, const Geometry& geometry) {
    if (!liesOnPlane(geometry)) return {};
    const std::int64_t rows = geometry.shape[0], columns = geometry.shape[1];
    return {codeColors(codes, rows, columns), codeColors(logits.argmax(-1), rows, columns)};
}

TargetPictures Target::depict(const at::Tensor& target, const at::Tensor& prediction, const Geometry& geometry) const {
    if (isCodes()) return codePictures(target, prediction, geometry);
    if (!liesOnPlane(geometry)) return {};
    const auto [first, second] = componentColors(target, prediction, geometry.shape[0], geometry.shape[1]);
    return {first, second};
}

}  // namespace maskscope
