#pragma once

namespace maskscope {

/// OpenMP's threads wait for each other by spinning, a millisecond by default; beside any other busy thread that makes a step many
/// times slower. How long they spin can be chosen only before LibTorch is loaded, so the program starts itself again, unless the
/// environment (OMP_WAIT_POLICY, GOMP_SPINCOUNT) chose already. To be the first call of main.
void startWithShortSpins(char** argv);

}  // namespace maskscope
