#include "analysis/asked.h"

#include <torch/torch.h>

#include "core/error.h"
#include "training/validation.h"

namespace maskscope {

View viewOf(const InferenceSession& session, const AskedSample& sample) {
    if (const auto* picture = std::get_if<std::shared_ptr<const DecodedImage>>(&sample)) {
        if (*picture == nullptr) throw UsageError("there is no picture to ask about; choose one");
        return session.viewOf(**picture);
    }
    const auto& place = std::get<DataSample>(sample);
    if (place.data == nullptr) throw UsageError("there is no data set to take a sample from; open one");
    return session.domain().evaluationView(*place.data, {place.sample}, {});
}

MaskPlan planOf(const InferenceSession& session, const View& view, const AskedMask& mask) {
    if (const auto* bits = std::get_if<std::vector<std::uint8_t>>(&mask))
        return session.maskOf(view, at::tensor(std::vector<float>(bits->begin(), bits->end()), at::kFloat));
    if (std::holds_alternative<PinnedMask>(mask)) return session.drawMasks(view, validationDraw(view.sampleIds));
    const auto& drawn = std::get<DrawnMask>(mask);
    return drawn.strategy.isNone() ? session.drawMasks(view, drawn.seed) : session.drawMasks(view, drawn.strategy, drawn.seed);
}

}  // namespace maskscope
