// Compiled once for each vector width; see CMakeLists.txt.
#include "kernels/attention_kernels.h"
#include "kernels/cpu_kernels.h"
#include "kernels/row_kernels.h"

namespace maskscope::MASKSCOPE_VECTOR_NAMESPACE {

extern const CpuKernels kKernels;
constinit const CpuKernels kKernels{.name = MASKSCOPE_VECTOR_BYTES == 64   ? "512-bit vectors"
                                            : MASKSCOPE_VECTOR_BYTES == 32 ? "256-bit vectors"
                                                                           : "128-bit vectors",
                                    .normalize = normalize,
                                    .normalizeAgain = normalizeAgain,
                                    .normalizeBackward = normalizeBackward,
                                    .addBias = addBias,
                                    .addRows = addRows,
                                    .transpose = transpose,
                                    .biasGelu = biasGelu,
                                    .geluBackward = geluBackward,
                                    .attend = attend,
                                    .attendBackward = attendBackward,
                                    .attentionScratch = attentionScratch};

}  // namespace maskscope::MASKSCOPE_VECTOR_NAMESPACE
