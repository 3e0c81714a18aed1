#pragma once

#include <string>
#include <vector>

#include "core/random.h"

namespace maskscope::testing {

/// Damages one of the seeds in one to four places: bits, bytes, whole numbers of 2 to 8 bytes in either order, decimal numbers in
/// text, stretches cut out, doubled, or taken from another seed, and the end cut off. The same stream makes the same bytes.
std::string mutated(const std::vector<std::string>& seeds, RandomStream& random);

}  // namespace maskscope::testing
