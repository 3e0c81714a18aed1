#pragma once

#include <cstdint>
#include <memory>

#include "data/domain.h"
#include "interop/named_tensors.h"
#include "recipes/method_spec.h"

namespace maskscope {

/// A model as it stood after a step: what to compose, and a copy of every tensor that nobody changes any more. Any thread may
/// read it.
struct PublishedWeights {
    std::int64_t step = 0;
    std::shared_ptr<const MethodSpec> spec;    // the same object for all weights of a run
    std::shared_ptr<const DataDomain> domain;  // how samples become views and predictions pictures
    NamedTensors tensors;                      // by the names of Method::namedState, on the CPU
    bool averaged = false;                     // the moving average, which answers where a run keeps one
};

}  // namespace maskscope
