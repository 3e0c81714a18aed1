#pragma once

#include <string>

#include "targets/target.h"

namespace maskscope {

/// How badly another objective did at each token, for a head that learns to foresee it (Wang et al., HPM, CVPR 2023, Sec. 3.3). No gradient comes
/// back to that objective. Tokens that it does not count have 0.
class TokenLossTarget : public Target {
public:
    struct Params {
        std::string of;

        static Params read(ParamReader& reader) {
            return {reader.text("of", "reconstruction",
                                "the objective, earlier in the recipe, whose losses are predicted; its loss must have a value a token")};
        }
    };
    TokenLossTarget(const Params& params, const TargetContext&) : of_(params.of) {}

    std::int64_t width() const override { return 1; }
    std::string lossesOf() const override { return of_; }
    /// @throws ShapeError if the objective did not run before
    at::Tensor compute(const TargetSources& sources) const override;

private:
    std::string of_;
};

}  // namespace maskscope
