#pragma once

#include "targets/target.h"

namespace maskscope {

/// One number for everything that a pass says: the label of what a discriminator sees, 1 for real and -1 for painted pictures.
class ConstantTarget : public Target {
public:
    struct Params {
        double value = 1.0;
        static Params read(ParamReader& reader);
    };
    /// @throws RecipeError without a target pass
    ConstantTarget(const Params& params, const TargetContext& context);

    /// D of the pass.
    std::int64_t width() const override { return width_; }
    /// @return the shape of the pass's tokens
    at::Tensor compute(const TargetSources& sources) const override;
    /// None: there is nothing to see.
    TargetPictures depict(const at::Tensor&, const at::Tensor&, const Geometry&) const override { return {}; }

private:
    Params params_;
    std::int64_t width_;
};

}  // namespace maskscope
