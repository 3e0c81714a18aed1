#include "targets/spectrum_target.h"

#include <ATen/ops/where.h>

#include "tensor/frequencies.h"
#include "tensor/patches.h"

namespace maskscope {

at::Tensor SpectrumTarget::compute(const TargetSources& sources) const {
    requireImages(sources.view.pixels(), input_, "target 'spectrum'");
    return spectrumOf(sources.view.pixels().detach());
}

std::optional<at::Tensor> SpectrumTarget::toUnitPixels(const at::Tensor& prediction, const View& view, const at::Tensor& hidden,
                                                       PatchStatistics) const {
    const at::Tensor whole = at::where(hidden.gt(0.5).unsqueeze(-1), prediction, spectrumOf(view.pixels()));
    return patchify(maskscope::toUnitPixels(imageOf(whole, input_.height, input_.width), input_), input_);
}

}  // namespace maskscope
