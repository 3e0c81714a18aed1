#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/run_session.h"

namespace maskscope::cli {

struct ReconstructOptions {
    std::string run, model, size, mask, maskImage, out;
    std::vector<std::string> images, texts, graphs;
    std::optional<std::int64_t> step;
    std::uint64_t seed = 0;
    bool leaks = false, json = false;
};

/// The masks that the options ask for.
MaskPlan planFor(const ReconstructOptions& options, const InferenceSession& session, const View& view);

/// One a domain. @return exit status
int reconstructImages(const ReconstructOptions& options, RunSession& opened);
int reconstructTexts(const ReconstructOptions& options, RunSession& opened);
int reconstructGraphs(const ReconstructOptions& options, RunSession& opened);

}  // namespace maskscope::cli
