#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/value.h"
#include "data/dataset.h"
#include "tensor/view.h"

namespace maskscope {

/// A view that a recipe asks for.
struct ViewRequest {
    std::string name = "main";
    Value augment;                       // its augmentation table; none: the domain's standard
    std::string path = "train.augment";  // where the table stands, for messages
};

/// One of a step's samples.
struct SampleSlot {
    std::size_t place = 0;  // into the samples that take part
    std::int64_t step = 0;
    std::int64_t slot = 0;  // in the step's batch: together with the step it names the draws of the augmentation
};

/// Makes a run's training views from samples of one domain. Thread-safe.
class ViewSource {
public:
    virtual ~ViewSource() = default;

    virtual const Dataset& dataset() const = 0;
    /// Samples that take part.
    virtual std::int64_t count() const = 0;
    /// Views over the same samples, one a request. What they hold depends on the seed and the slots alone. A sample that
    /// cannot be used is replaced by the next that can, told in the data set's problems() and counted.
    /// @throws DataError if no sample can be used
    virtual std::vector<View> make(std::uint64_t seed, std::span<const SampleSlot> slots) const = 0;
    /// How often a sample had to be replaced so far.
    virtual std::int64_t replaced() const { return 0; }
};

}  // namespace maskscope
