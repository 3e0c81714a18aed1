#include "core/spins.h"

#include <cstdlib>

#include <unistd.h>

namespace maskscope {

void startWithShortSpins(char** argv) {
    if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
    setenv("GOMP_SPINCOUNT", "1000", 0);
    execv("/proc/self/exe", argv);  // returns only where it is not possible; then it goes on as it is
}

}  // namespace maskscope
