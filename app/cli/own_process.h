#pragma once

#include <string>
#include <vector>

namespace maskscope::cli {

/// Runs this program once more with other arguments; what it says on stderr goes where ours goes.
/// @return what it printed on stdout
/// @throws Error if it cannot be started or ends with a status other than 0
std::string outputOfSelf(const std::vector<std::string>& arguments);

/// "AMD EPYC 9B45", as Linux calls it; "unknown" where it does not say.
std::string processorName();

}  // namespace maskscope::cli
